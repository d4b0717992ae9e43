/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "task/command-server.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/text.h"
#include "task/command.h"

typedef struct Client {
        Server *server;
        int fd;
        sd_event_source *io;
        sd_event_source *timer;
        char *request;          /* what has come so far */
        size_t request_size;
        char *answer;           /* NULL: the request is not complete */
        size_t answer_sent;
} Client;

struct Server {
        sd_event *event;
        migrationd_task *task;  /* borrowed */
        ServerRefused on_refused;
        void *userdata;
        char directory[32];
        struct sockaddr_un address;
        int fd;
        sd_event_source *io;
        Client *clients[SERVER_CLIENTS_MAX];
        size_t n_clients;
};

static void client_free(Client *c) {
        Server *s = c->server;

        for (size_t i = 0; i < SERVER_CLIENTS_MAX; i++)
                if (s->clients[i] == c) {
                        s->clients[i] = NULL;
                        s->n_clients--;
                        /* There is a place again. */
                        (void) sd_event_source_set_enabled(s->io, SD_EVENT_ON);
                }
        sd_event_source_disable_unref(c->io);
        sd_event_source_disable_unref(c->timer);
        closep(&c->fd);
        free(c->request);
        free(c->answer);
        free(c);
}

/* Whether the attempt is over with that error, whatever the program does. */
static bool is_end(int error) {
        return error == -ESTALE || error == -ECANCELED || error == -ENOTCONN;
}

static char *answer_make(int status, const char *error, const char *document) {
        _cleanup_(json_decrefp) json_t *head = NULL;
        _cleanup_(freep) char *text = NULL;

        head = error ? json_pack("{s:i, s:s}", "status", status, "error", error)
                     : json_pack("{s:i}", "status", status);
        text = head ? json_dumps(head, JSON_COMPACT) : NULL;
        if (!text)
                return NULL;
        return document ? text_format("%s\n%s\n", text, document) : text_format("%s\n", text);
}

/* From the result of a call of the library. */
static char *answer_from_result(Server *s, int r) {
        if (r >= 0)
                return answer_make(0, NULL, NULL);
        if (is_end(r))
                s->on_refused(r, s->userdata);
        return answer_make(is_end(r) ? MIGRATIOND_EXIT_TEMPFAIL : COMMAND_EXIT_USAGE,
                           migrationd_task_error(s->task), NULL);
}

static char *handle_progress(Server *s, json_t *request) {
        json_int_t done, total;

        if (json_unpack(request, "{s:I, s:I}", "done", &done, "total", &total) < 0)
                return answer_make(COMMAND_EXIT_USAGE, "progress takes done and total", NULL);
        return answer_from_result(s, migrationd_task_progress(s->task, done, total));
}

static char *handle_problem(Server *s, json_t *request) {
        const char *item, *reason;

        if (json_unpack(request, "{s:s, s:s}", "item", &item, "reason", &reason) < 0)
                return answer_make(COMMAND_EXIT_USAGE, "problem takes item and reason", NULL);
        return answer_from_result(s, migrationd_task_problem(s->task, item, reason));
}

static char *handle_add_task(Server *s, json_t *request) {
        _cleanup_(freep) char *text = NULL;
        json_int_t stage, total;
        const char *lane;
        json_t *input;

        if (json_unpack(request, "{s:s, s:I, s:I, s:o}", "lane", &lane, "stage", &stage, "total", &total,
                        "input", &input) < 0 ||
            stage < 0 || stage > INT32_MAX)
                return answer_make(COMMAND_EXIT_USAGE, "add-task takes lane, stage, total and input", NULL);
        text = json_dumps(input, JSON_COMPACT | JSON_ENCODE_ANY);
        if (!text)
                return NULL;
        return answer_from_result(s, migrationd_task_add(s->task, lane, (int32_t) stage, text, total));
}

static char *handle(Server *s, const char *line, size_t length) {
        _cleanup_(json_decrefp) json_t *request = NULL;
        const char *verb;

        request = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
        if (!request || json_unpack(request, "{s:s}", "verb", &verb) < 0)
                return answer_make(COMMAND_EXIT_USAGE, "the request is no JSON object with a verb", NULL);
        if (streq(verb, "input"))
                return answer_make(0, NULL, migrationd_task_input(s->task));
        if (streq(verb, "progress"))
                return handle_progress(s, request);
        if (streq(verb, "problem"))
                return handle_problem(s, request);
        if (streq(verb, "add-task"))
                return handle_add_task(s, request);
        return answer_make(COMMAND_EXIT_USAGE, "unknown verb in the request", NULL);
}

/* Returns 0 to go on, negative to drop the client. */
static int client_read(Client *c) {
        const char *end;
        ssize_t n;

        if (!c->request)
                c->request = malloc(COMMAND_REQUEST_BYTES_MAX);
        if (!c->request)
                return -ENOMEM;
        n = recv(c->fd, c->request + c->request_size, COMMAND_REQUEST_BYTES_MAX - c->request_size, 0);
        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        if (n == 0)
                return -ECONNRESET;
        end = memchr(c->request + c->request_size, '\n', (size_t) n);
        c->request_size += (size_t) n;
        if (end)
                c->answer = handle(c->server, c->request, (size_t) (end - c->request));
        else if (c->request_size == COMMAND_REQUEST_BYTES_MAX)
                c->answer = answer_make(COMMAND_EXIT_USAGE, "the request is larger than 1 MiB", NULL);
        else
                return 0;
        if (!c->answer)
                return -ENOMEM;
        return sd_event_source_set_io_events(c->io, EPOLLOUT);
}

static int client_write(Client *c) {
        size_t length = strlen(c->answer);
        ssize_t n;

        n = send(c->fd, c->answer + c->answer_sent, length - c->answer_sent, MSG_NOSIGNAL);
        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        c->answer_sent += (size_t) n;
        return c->answer_sent == length ? -ESHUTDOWN : 0;
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Client *c = userdata;

        if ((c->answer ? client_write(c) : client_read(c)) < 0)
                client_free(c);
        return 0;
}

static int on_client_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
        client_free(userdata);
        return 0;
}

static int client_new(Server *s, int fd) {
        Client *c = calloc(1, sizeof(Client));
        int r;

        if (!c) {
                closep(&fd);
                return -ENOMEM;
        }
        c->server = s;
        c->fd = fd;
        r = sd_event_add_io(s->event, &c->io, fd, EPOLLIN, on_client, c);
        if (r >= 0)
                r = sd_event_add_time_relative(s->event, &c->timer, CLOCK_MONOTONIC, SERVER_CLIENT_USEC, 0,
                                               on_client_timeout, c);
        /* Last of all: while a call of the library blocks, the requests of others wait in their sockets. */
        if (r >= 0)
                r = sd_event_source_set_priority(c->timer, SD_EVENT_PRIORITY_IDLE);
        if (r < 0) {
                client_free(c);
                return r;
        }
        for (size_t i = 0; i < SERVER_CLIENTS_MAX; i++)
                if (!s->clients[i]) {
                        s->clients[i] = c;
                        break;
                }
        /* The listening socket is level-triggered: it must not wake the loop while there is no place. */
        if (++s->n_clients == SERVER_CLIENTS_MAX)
                (void) sd_event_source_set_enabled(s->io, SD_EVENT_OFF);
        return 0;
}

static int on_connection(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Server *s = userdata;
        struct ucred peer;
        socklen_t size = sizeof(peer);
        int client;

        client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client < 0)
                return 0;
        /* The directory's mode says the same; root may enter it, and has no business here. */
        if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != geteuid()) {
                closep(&client);
                return 0;
        }
        (void) client_new(s, client);
        return 0;
}

static int server_listen(Server *s) {
        strcpy(s->directory, "/tmp/migrationd-task-XXXXXX");
        if (!mkdtemp(s->directory)) {
                s->directory[0] = 0;
                return -errno;
        }
        s->address.sun_family = AF_UNIX;
        snprintf(s->address.sun_path, sizeof(s->address.sun_path), "%s/socket", s->directory);
        s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (s->fd < 0 || bind(s->fd, (struct sockaddr*) &s->address, sizeof(s->address)) < 0 ||
            listen(s->fd, SOMAXCONN) < 0)
                return -errno;
        return sd_event_add_io(s->event, &s->io, s->fd, EPOLLIN, on_connection, s);
}

int server_new(sd_event *event, migrationd_task *task, ServerRefused on_refused, void *userdata,
               Server **ret) {
        _cleanup_(server_freep) Server *s = NULL;
        int r;

        s = calloc(1, sizeof(Server));
        if (!s)
                return -ENOMEM;
        s->event = sd_event_ref(event);
        s->task = task;
        s->on_refused = on_refused;
        s->userdata = userdata;
        s->fd = -EBADF;
        r = server_listen(s);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

Server *server_free(Server *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < SERVER_CLIENTS_MAX; i++)
                if (s->clients[i])
                        client_free(s->clients[i]);
        sd_event_source_disable_unref(s->io);
        closep(&s->fd);
        if (*s->directory) {
                (void) unlink(s->address.sun_path);
                (void) rmdir(s->directory);
        }
        sd_event_unref(s->event);
        free(s);
        return NULL;
}

const char *server_path(Server *s) {
        return s->address.sun_path;
}
