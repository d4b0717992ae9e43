/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/peer-list.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/text.h"
#include "rest/server.h"

/* Lines in the log about peers: so many in such a time, then none until it is over. */
#define LOG_LINES_MAX 30
#define LOG_INTERVAL_USEC (30 * USEC_PER_SEC)

static usec_t now_usec(const PeerList *l) {
        uint64_t now = 0;

        (void) sd_event_now(l->event, CLOCK_MONOTONIC, &now);
        return now;
}

void peer_list_init(PeerList *l, sd_event *event) {
        *l = (PeerList){ .event = event };
}

static void name_of_address(const struct sockaddr_storage *address, char *ret, size_t size) {
        char text[INET6_ADDRSTRLEN] = "?";

        if (address->ss_family == AF_INET)
                (void) inet_ntop(AF_INET, &((const struct sockaddr_in *) address)->sin_addr, text, sizeof(text));
        else if (address->ss_family == AF_INET6)
                (void) inet_ntop(AF_INET6, &((const struct sockaddr_in6 *) address)->sin6_addr, text, sizeof(text));
        (void) snprintf(ret, size, "%s", text);
}

static void identify(Peer *p) {
        struct sockaddr_storage address = {};
        socklen_t length = sizeof(address);
        struct ucred cred;

        if (getpeername(p->fd, (struct sockaddr *) &address, &length) < 0) {
                (void) snprintf(p->name, sizeof(p->name), "a client");
                return;
        }
        length = sizeof(cred);
        if (address.ss_family != AF_UNIX)
                name_of_address(&address, p->name, sizeof(p->name));
        else if (getsockopt(p->fd, SOL_SOCKET, SO_PEERCRED, &cred, &length) >= 0) {
                p->local = true;
                p->uid = cred.uid;
                (void) snprintf(p->name, sizeof(p->name), "user %u, process %i", cred.uid, cred.pid);
        } else
                (void) snprintf(p->name, sizeof(p->name), "a local client");
}

Peer *peer_list_add(PeerList *l, int fd) {
        Peer *p = calloc(1, sizeof(Peer));

        if (!p)
                return NULL;
        p->list = l;
        p->fd = fd;
        p->since_usec = now_usec(l);
        identify(p);
        p->next = l->first;
        if (l->first)
                l->first->previous = p;
        l->first = p;
        l->n++;
        return p;
}

static bool is_acting(PeerPhase phase) {
        return phase == PEER_ACTING || phase == PEER_ANSWER;
}

void peer_set_phase(Peer *p, PeerPhase phase) {
        p->list->n_acting += is_acting(phase);
        p->list->n_acting -= is_acting(p->phase);
        p->phase = phase;
        p->since_usec = now_usec(p->list);
}

void peer_list_remove(PeerList *l, Peer *p) {
        peer_set_phase(p, PEER_HEAD);
        if (p->previous)
                p->previous->next = p->next;
        else
                l->first = p->next;
        if (p->next)
                p->next->previous = p->previous;
        l->n--;
        free(p);
}

void peer_list_sweep(PeerList *l, bool all_idle) {
        static const usec_t limits[_PEER_PHASE_MAX] = {
                [PEER_HEAD] = SERVER_HEAD_USEC,
                [PEER_BODY] = SERVER_BODY_USEC,
                [PEER_ACTING] = USEC_INFINITY, /* the request has its own */
                [PEER_ANSWER] = SERVER_ANSWER_USEC,
        };
        usec_t now = now_usec(l);

        for (Peer *p = l->first; p; p = p->next)
                if ((all_idle && p->phase == PEER_HEAD) || now - p->since_usec >= limits[p->phase])
                        /* The library sees its end, and closes it. */
                        (void) shutdown(p->fd, SHUT_RDWR);
}

/* Whether a line may be written now. */
static bool may_log(PeerList *l) {
        usec_t now = now_usec(l);

        if (now - l->log_since_usec >= LOG_INTERVAL_USEC) {
                l->log_since_usec = now;
                l->n_logged = 0;
        }
        if (l->n_logged > LOG_LINES_MAX)
                return false;
        if (++l->n_logged <= LOG_LINES_MAX)
                return true;
        log_notice("More requests are refused; that is not logged for a while.");
        return false;
}

void peer_list_log_full(PeerList *l) {
        if (may_log(l))
                log_warning("There are %u connections already, more are turned away.", SERVER_CONNECTIONS_MAX);
}

void peer_log_refused(Peer *p, unsigned status) {
        if (p->logged || !may_log(p->list))
                return;
        p->logged = true;
        log_notice("Refused a request of %s (HTTP status %u).", p->name, status);
}
