/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A host name that is looked up, by a name server that answers, refuses or does not answer: getaddrinfo() of the
 * store is replaced at link time. */

#include <stdarg.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/text.h"
#include "lib/pg-answer.h"

/* What the name server does: waits until something can be read from the pipe, then answers. */
static int answer_pipe[2] = { -EBADF, -EBADF };
static atomic_uint n_asked, n_answered;
static atomic_int answer;

int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret);
int __real_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret);

int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret) {
        struct addrinfo numeric = *hints, *first;
        struct pollfd p = { .fd = answer_pipe[0], .events = POLLIN };
        char byte;
        int r;

        atomic_fetch_add(&n_asked, 1);
        while (poll(&p, 1, -1) < 0 || read(answer_pipe[0], &byte, 1) != 1)
                ;
        r = atomic_load(&answer);
        numeric.ai_flags = AI_NUMERICHOST;
        /* Nobody listens at the first one. */
        if (r == 0)
                r = __real_getaddrinfo("127.0.0.2", service, &numeric, ret);
        if (r == 0) {
                for (first = *ret; first->ai_next; first = first->ai_next)
                        ;
                r = __real_getaddrinfo("127.0.0.1", service, &numeric, &first->ai_next);
        }
        atomic_fetch_add(&n_answered, 1);
        return r;
}

typedef struct Fixture {
        sd_event *event;
        PgClient *client;
        int fd; /* listens at 127.0.0.1 */
        char *conninfo;
        unsigned n_down, n_accepted, n_ticks;
        char message[512];
} Fixture;

static void on_state(_unused_ PgClient *c, bool connected, const char *message, void *userdata) {
        Fixture *f = userdata;

        assert_false(connected);
        f->n_down++;
        snprintf(f->message, sizeof(f->message), "%s", message);
}

static int on_accept(_unused_ sd_event_source *s, int fd, _unused_ uint32_t events, void *userdata) {
        _cleanup_(closep) int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

        assert_true(connection >= 0);
        ((Fixture *) userdata)->n_accepted++;
        return 0;
}

static int setup(void **state) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t length = sizeof(address);
        Fixture *f = calloc(1, sizeof(Fixture));

        assert_non_null(f);
        assert_int_equal(pipe2(answer_pipe, O_CLOEXEC), 0);
        atomic_store(&n_asked, 0);
        atomic_store(&n_answered, 0);
        atomic_store(&answer, 0);
        f->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(f->fd, (const struct sockaddr *) &address, sizeof(address)), 0);
        assert_int_equal(listen(f->fd, 8), 0);
        assert_int_equal(getsockname(f->fd, (struct sockaddr *) &address, &length), 0);
        assert_int_equal(sd_event_new(&f->event), 0);
        assert_true(sd_event_add_io(f->event, NULL, f->fd, POLLIN, on_accept, f) >= 0);
        f->conninfo = text_format("host=db.example.org port=%u", ntohs(address.sin_port));
        assert_int_equal(pg_client_new(f->event, f->conninfo, "lookup", 0, on_state, NULL, f, &f->client), 0);
        *state = f;
        return 0;
}

static void answer_all(void) {
        for (unsigned n = atomic_load(&n_answered); n < atomic_load(&n_asked); n++) {
                assert_int_equal(write(answer_pipe[1], "", 1), 1);
                while (atomic_load(&n_answered) == n)
                        sched_yield();
        }
}

static int teardown(void **state) {
        Fixture *f = *state;

        pg_client_free(f->client);
        answer_all();
        sd_event_unref(f->event);
        closep(&f->fd);
        closep(&answer_pipe[0]);
        closep(&answer_pipe[1]);
        free(f->conninfo);
        free(f);
        return 0;
}

static void run_until_asked(Fixture *f, unsigned n) {
        while (atomic_load(&n_asked) < n)
                assert_true(sd_event_run(f->event, 10 * USEC_PER_MSEC) >= 0);
}

static int on_tick(sd_event_source *s, _unused_ uint64_t usec, void *userdata) {
        ((Fixture *) userdata)->n_ticks++;
        assert_true(sd_event_source_set_time_relative(s, USEC_PER_MSEC) >= 0);
        return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static void the_loop_runs_while_the_name_server_is_silent_and_the_attempt_has_its_deadline(void **state) {
        Fixture *f = *state;

        assert_true(sd_event_add_time_relative(f->event, NULL, CLOCK_MONOTONIC, 0, 1, on_tick, f) >= 0);
        run_until_asked(f, 1);
        f->n_ticks = 0;
        assert_true(loop_until(f->event, &f->n_down, 2 * PG_CLIENT_CONNECT_TIMEOUT_USEC));
        assert_in_range(f->n_ticks, 100, UINT_MAX);
        assert_non_null(strstr(f->message, "the host name was not looked up in time"));
        assert_int_equal(f->n_accepted, 0);
        /* The next attempt waits for the same thread: they do not pile up. */
        f->n_down = 0;
        assert_true(loop_until(f->event, &f->n_down, 2 * PG_CLIENT_CONNECT_TIMEOUT_USEC));
        assert_int_equal(atomic_load(&n_asked), 1);
        /* It answers at last. */
        answer_all();
        assert_true(loop_until(f->event, &f->n_accepted, 2 * PG_CLIENT_CONNECT_TIMEOUT_USEC));
}

static void each_address_of_a_name_is_tried(void **state) {
        Fixture *f = *state;

        run_until_asked(f, 1);
        answer_all();
        assert_true(loop_until(f->event, &f->n_accepted, SOON));
        assert_int_equal(f->n_down, 0);
}

static void a_name_that_there_is_not_is_named_and_asked_for_again(void **state) {
        Fixture *f = *state;

        atomic_store(&answer, EAI_NONAME);
        run_until_asked(f, 1);
        answer_all();
        assert_true(loop_until(f->event, &f->n_down, SOON));
        assert_string_equal(f->message, "cannot look up the host name \"db.example.org\": Name or service not known");
        atomic_store(&answer, 0);
        run_until_asked(f, 2);
        answer_all();
        assert_true(loop_until(f->event, &f->n_accepted, SOON));
}

static void a_client_is_freed_without_waiting_for_the_name_server(void **state) {
        Fixture *f = *state;

        run_until_asked(f, 1);
        f->client = pg_client_free(f->client);
        assert_int_equal(atomic_load(&n_answered), 0);
        answer_all();
        assert_true(sd_event_run(f->event, 0) >= 0);
        assert_int_equal(f->n_down, 0);
}

static void what_needs_no_name_server_asks_none(void **state) {
        static const char *const hosts[] = { "127.0.0.1", "::1", "/nowhere", "db.example.org hostaddr=127.0.0.1" };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(hosts); i++) {
                _cleanup_(freep) char *conninfo = text_format("port=1 host=%s", hosts[i]);

                pg_client_free(f->client);
                f->n_down = 0;
                assert_int_equal(pg_client_new(f->event, conninfo, "lookup", 0, on_state, NULL, f, &f->client), 0);
                assert_true(loop_until(f->event, &f->n_down, SOON));
        }
        assert_int_equal(atomic_load(&n_asked), 0);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                TEST(the_loop_runs_while_the_name_server_is_silent_and_the_attempt_has_its_deadline),
                TEST(each_address_of_a_name_is_tried),
                TEST(a_name_that_there_is_not_is_named_and_asked_for_again),
                TEST(a_client_is_freed_without_waiting_for_the_name_server),
                TEST(what_needs_no_name_server_asks_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
