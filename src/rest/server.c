/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/server.h"

#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/text.h"
#include "rest/peer-list.h"
#include "rest/request.h"

/* How often it is looked for who has been waited for too long. */
#define SWEEP_USEC (2 * USEC_PER_SEC)

/* To be accepted in one turn of the loop. */
#define ACCEPT_MAX 16

struct Server {
        Gateway *gateway;
        struct MHD_Daemon *http;
        sd_event_source **listeners;
        size_t n_listeners;
        sd_event_source *io;    /* of the library's epoll descriptor */
        sd_event_source *timer; /* when the library wants to run next */
        sd_event_source *wake;  /* when a connection was resumed */
        sd_event_source *sweep, *idle, *stop;
        PeerList peers;
        bool stopping;
};

static void server_check_end(Server *s) {
        if (s->stopping && s->peers.n_acting == 0)
                (void) sd_event_exit(s->gateway->event, 0);
}

static void server_run(Server *s) {
        (void) MHD_run(s->http);
        server_check_end(s);
}

static int on_http(_unused_ sd_event_source *source, _unused_ int fd, _unused_ uint32_t events, void *userdata) {
        server_run(userdata);
        return 0;
}

static int on_timer(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata) {
        server_run(userdata);
        return 0;
}

static int on_wake(_unused_ sd_event_source *source, void *userdata) {
        server_run(userdata);
        return 0;
}

void server_wake(Server *s) {
        int r = sd_event_source_set_enabled(s->wake, SD_EVENT_ONESHOT);

        if (r < 0)
                log_warning_errno(r, "Failed to wake the HTTP server, ignoring: %m");
}

/* Before the loop sleeps: the library may have work that no descriptor tells of. */
static int on_prepare(_unused_ sd_event_source *source, void *userdata) {
        unsigned MHD_LONG_LONG timeout_msec;
        Server *s = userdata;
        int r;

        if (MHD_get_timeout(s->http, &timeout_msec) != MHD_YES)
                return sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
        r = sd_event_source_set_time_relative(s->timer, timeout_msec * USEC_PER_MSEC);
        return r < 0 ? r : sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
}

/* Too many connections: the newest is told so in as few words as fit into any socket's buffer. */
static void turn_away(Server *s, int fd) {
        static const char answer[] =
                "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

        if (send(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
                log_debug("A connection was turned away without a word.");
        (void) close(fd);
        peer_list_log_full(&s->peers);
}

/* Returns a positive number when one was accepted. */
static int accept_one(Server *s, int listener) {
        struct sockaddr_storage address = {};
        socklen_t length = sizeof(address);
        int fd;

        fd = accept4(listener, (struct sockaddr *) &address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
                return errno == EAGAIN || errno == ECONNABORTED || errno == EINTR ? 0 : -errno;
        if (s->peers.n >= SERVER_CONNECTIONS_MAX) {
                turn_away(s, fd);
                return 1;
        }
        /* Closes it when it fails. */
        if (MHD_add_connection(s->http, fd, (struct sockaddr *) &address, length) != MHD_YES)
                return -errno;
        return 1;
}

static int on_listener(_unused_ sd_event_source *source, int fd, _unused_ uint32_t events, void *userdata) {
        Server *s = userdata;
        int r = 1;

        for (unsigned i = 0; r > 0 && i < ACCEPT_MAX; i++)
                r = accept_one(s, fd);
        if (r < 0)
                log_warning_errno(r, "Failed to accept a connection, ignoring: %m");
        return 0;
}

static int on_idle(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata) {
        Server *s = userdata;

        if (s->peers.n > 0)
                return 0;
        log_debug("Idle, leaving.");
        server_stop(s);
        return 0;
}

static void server_set_idle(Server *s) {
        int r;

        if (s->idle) {
                r = sd_event_source_set_time_relative(s->idle, SERVER_IDLE_USEC);
                if (r >= 0)
                        r = sd_event_source_set_enabled(s->idle, SD_EVENT_ONESHOT);
        } else
                r = sd_event_add_time_relative(s->gateway->event, &s->idle, CLOCK_MONOTONIC, SERVER_IDLE_USEC, 0,
                                               on_idle, s);
        if (r < 0)
                log_warning_errno(r, "Failed to set the idle timer, ignoring: %m");
}

static void on_connection(void *userdata, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code) {
        const union MHD_ConnectionInfo *info;
        Server *s = userdata;

        if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
                if (*context)
                        peer_list_remove(&s->peers, *context);
                *context = NULL;
                if (s->peers.n == 0)
                        server_set_idle(s);
                return;
        }
        info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        if (info)
                *context = peer_list_add(&s->peers, info->connect_fd);
}

static void *on_target(void *userdata, const char *text, struct MHD_Connection *connection) {
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        Server *s = userdata;
        Peer *peer = info ? info->socket_context : NULL;

        if (!peer)
                return NULL;
        peer->request = request_new(s->gateway, connection, peer, text);
        return peer->request;
}

static enum MHD_Result on_part(_unused_ void *userdata, _unused_ struct MHD_Connection *connection,
                               _unused_ const char *url, const char *method, const char *version, const char *data,
                               size_t *size, void **context) {
        /* Without memory for the request the connection is closed. */
        return *context ? request_on_part(*context, method, version, data, size) : MHD_NO;
}

static void on_completed(_unused_ void *userdata, _unused_ struct MHD_Connection *connection, void **context,
                         _unused_ enum MHD_RequestTerminationCode code) {
        Request *q = *context;

        *context = NULL;
        if (!q)
                return;
        q->peer->request = NULL;
        peer_set_phase(q->peer, PEER_HEAD);
        request_free(q);
}

/* Escapes stay: targets are read by target_parse(). */
static size_t keep_escapes(_unused_ void *userdata, _unused_ struct MHD_Connection *connection, char *s) {
        return strlen(s);
}

static void on_library_log(_unused_ void *userdata, _unused_ const char *format, _unused_ va_list ap) {
        /* What it has to say is about single connections, and may have what they sent. */
}

static int start_http(Server *s) {
        const union MHD_DaemonInfo *info;
        int r;

        s->http = MHD_start_daemon(
                MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL,
                NULL, on_part, s, MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL, MHD_OPTION_CONNECTION_LIMIT,
                (unsigned) SERVER_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) SERVER_HEAD_BYTES_MAX,
                MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
                MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
                MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_END);
        if (!s->http)
                return log_error_errno(-EIO, "Failed to start the HTTP server.");
        info = MHD_get_daemon_info(s->http, MHD_DAEMON_INFO_EPOLL_FD);
        if (!info || info->epoll_fd < 0)
                return log_error_errno(-EIO, "The HTTP server has no epoll descriptor.");
        r = sd_event_add_io(s->gateway->event, &s->io, info->epoll_fd, EPOLLIN, on_http, s);
        if (r >= 0)
                r = sd_event_source_set_prepare(s->io, on_prepare);
        if (r >= 0)
                r = sd_event_add_time_relative(s->gateway->event, &s->timer, CLOCK_MONOTONIC, 0, 1, on_timer, s);
        if (r >= 0)
                r = sd_event_add_defer(s->gateway->event, &s->wake, on_wake, s);
        return r < 0 ? log_error_errno(r, "Failed to watch the HTTP server: %m") : 0;
}

static int on_sweep(sd_event_source *source, _unused_ uint64_t usec, void *userdata) {
        Server *s = userdata;
        int r;

        peer_list_sweep(&s->peers, s->stopping);
        r = sd_event_source_set_time_relative(source, SWEEP_USEC);
        return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int listen_on(Server *s, const int *fds, size_t n) {
        s->listeners = calloc(n, sizeof(sd_event_source *));
        if (!s->listeners)
                return -ENOMEM;
        for (; s->n_listeners < n; s->n_listeners++) {
                int r = sd_event_add_io(s->gateway->event, &s->listeners[s->n_listeners], fds[s->n_listeners],
                                        EPOLLIN, on_listener, s);

                if (r < 0)
                        return r;
        }
        return 0;
}

int server_new(Gateway *g, const int *fds, size_t n, Server **ret) {
        _cleanup_(server_freep) Server *s = calloc(1, sizeof(Server));
        int r;

        if (!s)
                return -ENOMEM;
        s->gateway = g;
        peer_list_init(&s->peers, g->event);
        r = start_http(s);
        if (r < 0)
                return r;
        r = listen_on(s, fds, n);
        if (r >= 0)
                r = sd_event_add_time_relative(g->event, &s->sweep, CLOCK_MONOTONIC, SWEEP_USEC, 0, on_sweep, s);
        if (r < 0)
                return log_error_errno(r, "Failed to listen: %m");
        server_set_idle(s);
        *ret = TAKE_PTR(s);
        return 0;
}

static int on_stop(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata) {
        Server *s = userdata;

        log_warning("%u requests did not end, leaving.", s->peers.n_acting);
        return sd_event_exit(s->gateway->event, 0);
}

void server_stop(Server *s) {
        int r;

        if (s->stopping)
                return;
        s->stopping = true;
        (void) sd_notify(/* unset_environment= */ 0, "STOPPING=1");
        for (size_t i = 0; i < s->n_listeners; i++)
                s->listeners[i] = sd_event_source_disable_unref(s->listeners[i]);
        r = sd_event_add_time_relative(s->gateway->event, &s->stop, CLOCK_MONOTONIC, SERVER_STOP_USEC, 0, on_stop, s);
        if (r < 0)
                log_warning_errno(r, "Failed to set the stop timer, ignoring: %m");
        peer_list_sweep(&s->peers, /* all_idle= */ true);
        server_check_end(s);
}

Server *server_free(Server *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->n_listeners; i++)
                sd_event_source_disable_unref(s->listeners[i]);
        free(s->listeners);
        sd_event_source_disable_unref(s->io);
        sd_event_source_disable_unref(s->timer);
        sd_event_source_disable_unref(s->sweep);
        sd_event_source_disable_unref(s->idle);
        sd_event_source_disable_unref(s->stop);
        if (s->http) {
                /* The library wants no connection to be suspended then. */
                for (Peer *p = s->peers.first; p; p = p->next)
                        if (p->request)
                                request_resume(p->request);
                MHD_stop_daemon(s->http);
        }
        sd_event_source_disable_unref(s->wake);
        free(s);
        return NULL;
}
