/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "store/pg-lookup.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/text.h"

/* What thread and event loop share; the one that lets go last frees it. The thread writes the results before it
 * writes to the eventfd, and nobody else does. */
typedef struct Shared {
        atomic_uint n_ref;
        char *host;
        int fd; /* eventfd: the thread has ended */
        char **addresses;
        int result; /* of getaddrinfo() */
} Shared;

struct PgLookup {
        Shared *shared;
        sd_event_source *source;
        PgLookupHandler handler;
        void *userdata;
};

static Shared *shared_unref(Shared *s) {
        if (!s || atomic_fetch_sub(&s->n_ref, 1) > 1)
                return NULL;
        closep(&s->fd);
        strv_free(s->addresses);
        free(s->host);
        free(s);
        return NULL;
}
DEFINE_CLEANUP(Shared *, shared_unref);

static Shared *shared_new(const char *host) {
        _cleanup_(shared_unrefp) Shared *s = calloc(1, sizeof(*s));

        if (!s)
                return NULL;
        atomic_init(&s->n_ref, 1);
        s->host = strdup(host);
        s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        return s->host && s->fd >= 0 ? TAKE_PTR(s) : NULL;
}

static int add_addresses(Shared *s, const struct addrinfo *list) {
        char text[NI_MAXHOST];
        int r;

        for (size_t n = 0; list && n < PG_LOOKUP_ADDRESSES_MAX; list = list->ai_next, n++) {
                r = getnameinfo(list->ai_addr, list->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST);
                if (r != 0)
                        return r;
                if (strv_append(&s->addresses, text) < 0)
                        return EAI_MEMORY;
        }
        return 0;
}

static void *look_up(void *userdata) {
        static const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
        _cleanup_(shared_unrefp) Shared *s = userdata;
        struct addrinfo *list = NULL;

        s->result = getaddrinfo(s->host, NULL, &hints, &list);
        if (s->result == 0) {
                s->result = add_addresses(s, list);
                freeaddrinfo(list);
        }
        (void) eventfd_write(s->fd, 1);
        return NULL;
}

/* Signals are for the event loop. */
static int start_thread(Shared *s) {
        pthread_attr_t attributes;
        sigset_t all, before;
        pthread_t thread;
        int r;

        r = pthread_attr_init(&attributes);
        if (r != 0)
                return -r;
        (void) pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        (void) sigfillset(&all);
        (void) pthread_sigmask(SIG_SETMASK, &all, &before);
        atomic_fetch_add(&s->n_ref, 1);
        r = pthread_create(&thread, &attributes, look_up, s);
        if (r != 0)
                shared_unref(s);
        (void) pthread_sigmask(SIG_SETMASK, &before, NULL);
        (void) pthread_attr_destroy(&attributes);
        return -r;
}

static int on_end(_unused_ sd_event_source *source, _unused_ int fd, _unused_ uint32_t events, void *userdata) {
        PgLookup *l = userdata;
        Shared *s = l->shared;
        _cleanup_(freep) char *error = NULL;

        l->source = sd_event_source_disable_unref(l->source);
        if (s->result != 0)
                error = text_format("cannot look up the host name \"%s\": %s", s->host, gai_strerror(s->result));
        /* The handler may free the lookup, and with it what is shared. */
        _cleanup_(strv_freep) char **addresses = TAKE_PTR(s->addresses);
        l->handler(s->result == 0 ? addresses : NULL, error ?: "out of memory", l->userdata);
        return 0;
}

int pg_lookup_new(sd_event *event, const char *host, PgLookupHandler handler, void *userdata, PgLookup **ret) {
        _cleanup_(pg_lookup_freep) PgLookup *l = calloc(1, sizeof(*l));
        int r;

        if (!l)
                return -ENOMEM;
        l->handler = handler;
        l->userdata = userdata;
        l->shared = shared_new(host);
        if (!l->shared)
                return errno > 0 ? -errno : -ENOMEM;
        r = sd_event_add_io(event, &l->source, l->shared->fd, EPOLLIN, on_end, l);
        if (r >= 0)
                r = start_thread(l->shared);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(l);
        return 0;
}

PgLookup *pg_lookup_free(PgLookup *l) {
        if (!l)
                return NULL;
        sd_event_source_disable_unref(l->source);
        shared_unref(l->shared);
        free(l);
        return NULL;
}
