/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* migrationd: the service behind org.migrationd1 on the system bus. It validates, stores, answers, and asks PID 1 for
 * the poll of a report; it touches no unit of a task. */

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/log.h"
#include "base/text.h"
#include "bus/error.h"
#include "daemon/introspect.h"
#include "daemon/manager.h"

static const char *arg_introspect = NULL;

static int help(void) {
        printf("migrationd [OPTION]\n"
               "\n"
               "The data migration service. Started by migrationd.service, by the bus when it is called.\n"
               "\n"
               "  -h --help                 Show this help\n"
               "     --version              Show the version\n"
               "     --introspect=PATH      Print the introspection of an object path, and leave\n");
        return 0;
}

/* Returns 1 to go on, 0 when all is done, or a negative errno. */
static int parse_argv(int argc, char *argv[]) {
        enum { ARG_VERSION = 0x100, ARG_INTROSPECT };
        static const struct option options[] = { { "help", no_argument, NULL, 'h' },
                                                 { "version", no_argument, NULL, ARG_VERSION },
                                                 { "introspect", required_argument, NULL, ARG_INTROSPECT },
                                                 {} };
        int c;

        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0)
                switch (c) {
                case 'h':
                        return help();
                case ARG_VERSION:
                        printf("migrationd %s\n", MIGRATIOND_VERSION);
                        return 0;
                case ARG_INTROSPECT:
                        arg_introspect = optarg;
                        break;
                default:
                        return -EINVAL;
                }
        if (optind < argc)
                return log_error_errno(-EINVAL, "Unexpected argument '%s'; see --help.", argv[optind]);
        return 1;
}

static int on_signal(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata) {
        manager_stop(userdata);
        return 0;
}

static int open_bus(sd_event *event, sd_bus **ret) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int r;

        r = sd_bus_open_system_with_description(&bus, "migrationd");
        if (r < 0)
                return log_error_errno(r, "Failed to connect to the system bus: %m");
        /* Without the bus there is nobody to serve: systemd starts a new instance. */
        r = sd_bus_set_exit_on_disconnect(bus, true);
        if (r < 0)
                return log_error_errno(r, "Failed to set up the system bus: %m");
        r = sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                return log_error_errno(r, "Failed to attach the system bus to the event loop: %m");
        *ret = TAKE_PTR(bus);
        return 0;
}

static int watch_signals(sd_event *event, Manager *m) {
        static const int signals[] = { SIGTERM, SIGINT };
        int r;

        for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
                r = sd_event_add_signal(event, NULL, signals[i], on_signal, m);
                if (r < 0)
                        return log_error_errno(r, "Failed to watch for signals: %m");
        }
        return 0;
}

static int block_signals(void) {
        sigset_t mask;

        (void) sigemptyset(&mask);
        (void) sigaddset(&mask, SIGTERM);
        (void) sigaddset(&mask, SIGINT);
        if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
                return log_error_errno(-errno, "Failed to block signals: %m");
        return 0;
}

/* Returns the exit status or a negative errno. A bad configuration does not get better by a restart: the unit knows
 * EX_CONFIG. */
static int run(void) {
        _cleanup_(freep) char *problem = NULL;
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(manager_freep) Manager *m = NULL;
        Settings *settings = NULL;
        int r;

        r = settings_load("", &settings, &problem);
        if (r < 0) {
                (void) log_error_errno(r, "Failed to read the configuration: %s", problem ?: "out of memory");
                return EX_CONFIG;
        }
        r = block_signals();
        if (r >= 0)
                r = sd_event_default(&event);
        if (r >= 0)
                r = sd_event_set_watchdog(event, true);
        if (r >= 0)
                r = open_bus(event, &bus);
        if (r < 0) {
                settings_free(settings);
                return r;
        }
        r = manager_new(event, bus, settings, &m);
        if (r < 0)
                return r;
        r = watch_signals(event, m);
        if (r < 0)
                return r;
        r = sd_event_loop(event);
        if (r < 0)
                return log_error_errno(r, "The event loop failed: %m");
        return r;
}

int main(int argc, char *argv[]) {
        int r;

        log_open("migrationd");
        r = parse_argv(argc, argv);
        if (r <= 0)
                return r < 0 ? EX_USAGE : EXIT_SUCCESS;
        r = bus_error_register();
        if (r < 0)
                return EXIT_FAILURE;
        r = arg_introspect ? introspect_print(arg_introspect) : run();
        return r < 0 ? EXIT_FAILURE : r;
}
