/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* migrationd-rest: plans and reports over HTTP. Its sockets come from systemd, what it does it asks migrationd for.
 */

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/text.h"
#include "rest/call.h"
#include "rest/credentials.h"
#include "rest/gateway.h"
#include "rest/server.h"
#include "rest/settings.h"
#include "rest/verifier.h"

#define CREDENTIALS_NAME "rest-credentials"

static int help(void) {
        printf("migrationd-rest [OPTION]\n"
               "\n"
               "The REST gateway of the data migration service. Started by migrationd-rest.socket.\n"
               "\n"
               "  -h --help                 Show this help\n"
               "     --version              Show the version\n");
        return 0;
}

/* Returns 1 to go on, 0 when all is done, or a negative errno. */
static int parse_argv(int argc, char *argv[]) {
        enum { ARG_VERSION = 0x100 };
        static const struct option options[] = { { "help", no_argument, NULL, 'h' },
                                                 { "version", no_argument, NULL, ARG_VERSION },
                                                 {} };
        int c;

        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0)
                switch (c) {
                case 'h':
                        return help();
                case ARG_VERSION:
                        printf("migrationd-rest %s\n", MIGRATIOND_VERSION);
                        return 0;
                default:
                        return -EINVAL;
                }
        if (optind < argc)
                return log_error_errno(-EINVAL, "Unexpected argument '%s'; see --help.", argv[optind]);
        return 1;
}

static int on_signal(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata) {
        server_stop(userdata);
        return 0;
}

/* The sockets that systemd hands over follow one another from SD_LISTEN_FDS_START. */
static int take_sockets(int *ret, size_t n_max, size_t *ret_n) {
        int n = sd_listen_fds(/* unset_environment= */ true);

        if (n < 0)
                return log_error_errno(n, "Failed to take the sockets: %m");
        if (n == 0)
                return log_error_errno(-ENOTCONN, "No socket was handed over: start migrationd-rest.socket.");
        if ((size_t) n > n_max)
                return log_error_errno(-E2BIG, "%i sockets were handed over, more than %zu.", n, n_max);
        for (int i = 0; i < n; i++) {
                int fd = SD_LISTEN_FDS_START + i, r = sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, /* listening= */ 1);

                if (r <= 0)
                        return log_error_errno(r < 0 ? r : -EINVAL,
                                               "A socket that was handed over is not a listening stream.");
                /* systemd's own flag is off by default. */
                if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
                        return log_error_errno(-errno, "Failed to set up a socket: %m");
                ret[i] = fd;
        }
        *ret_n = (size_t) n;
        return 0;
}

static int load_credentials(Credentials **ret, char **ret_error) {
        const char *directory = getenv("CREDENTIALS_DIRECTORY");
        _cleanup_(freep) char *path = NULL;

        path = text_format("%s/" CREDENTIALS_NAME, directory ?: "/nonexistent");
        return path ? credentials_load(path, ret, ret_error) : -ENOMEM;
}

static int block_signals(void) {
        sigset_t mask;

        (void) sigemptyset(&mask);
        (void) sigaddset(&mask, SIGTERM);
        (void) sigaddset(&mask, SIGINT);
        if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
                return log_error_errno(-errno, "Failed to block signals: %m");
        /* A client that goes is no reason to end. */
        (void) signal(SIGPIPE, SIG_IGN);
        return 0;
}

static int gateway_open(Gateway *g, const int *fds, size_t n) {
        int r;

        r = calls_new(g->event, &g->calls);
        if (r >= 0 && g->credentials->n_passwords > 0)
                r = verifier_new(g->event, &g->verifier);
        if (r < 0)
                return log_error_errno(r, "Failed to set up: %m");
        r = server_new(g, fds, n, &g->server);
        if (r < 0)
                return r;
        r = sd_event_add_signal(g->event, NULL, SIGTERM, on_signal, g->server);
        if (r >= 0)
                r = sd_event_add_signal(g->event, NULL, SIGINT, on_signal, g->server);
        return r < 0 ? log_error_errno(r, "Failed to watch for signals: %m") : 0;
}

/* Requests are of the server, and hold calls and verifications. */
static void gateway_done(Gateway *g) {
        g->server = server_free(g->server);
        g->calls = calls_free(g->calls);
        g->verifier = verifier_free(g->verifier);
        g->event = sd_event_unref(g->event);
}

static int gateway_run(const RestSettings *settings, const Credentials *credentials) {
        _cleanup_(gateway_done) Gateway g = { .settings = settings, .credentials = credentials };
        int fds[16], r;
        size_t n = 0;

        r = take_sockets(fds, ELEMENTSOF(fds), &n);
        if (r < 0)
                return r;
        r = block_signals();
        if (r < 0)
                return r;
        r = sd_event_default(&g.event);
        if (r >= 0)
                r = sd_event_set_watchdog(g.event, true);
        if (r < 0)
                return log_error_errno(r, "Failed to set up the event loop: %m");
        r = gateway_open(&g, fds, n);
        if (r < 0)
                return r;
        (void) sd_notify(/* unset_environment= */ 0, "READY=1");
        r = sd_event_loop(g.event);
        return r < 0 ? log_error_errno(r, "The event loop failed: %m") : 0;
}

/* Returns the exit status or a negative errno. */
static int run(void) {
        _cleanup_(credentials_freep) Credentials *credentials = NULL;
        _cleanup_(settings_freep) RestSettings *settings = NULL;
        _cleanup_(freep) char *problem = NULL;
        int r;

        r = settings_load("", &settings, &problem);
        if (r >= 0)
                r = load_credentials(&credentials, &problem);
        if (r < 0) {
                log_error("Failed to read the configuration: %s", problem ?: "out of memory");
                return EX_CONFIG;
        }
        return gateway_run(settings, credentials);
}

int main(int argc, char *argv[]) {
        int r;

        log_open("migrationd-rest");
        r = parse_argv(argc, argv);
        if (r <= 0)
                return r < 0 ? EX_USAGE : EXIT_SUCCESS;
        r = run();
        return r < 0 ? EXIT_FAILURE : r;
}
