/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "task/command-server.h"
#include "task/command.h"

/* From SIGTERM to SIGKILL when the attempt is over and the program has no business any more. */
#define KILL_USEC (5 * USEC_PER_SEC)
/* Between two looks whether the program's process group is empty. */
#define GROUP_USEC (50 * USEC_PER_MSEC)

DEFINE_CLEANUP(migrationd_task *, migrationd_task_free);

typedef struct Run {
        migrationd_task *task;
        sd_event *event;
        sd_event_source *database; /* its end is the end of the claim */
        pid_t child;
        siginfo_t end; /* of the child; si_pid 0: it runs */
        bool stopping; /* SIGTERM was passed on */
        bool aborted;  /* the attempt is over: the child is being ended, its exit status does not count */
} Run;

/* The whole process group, which is the child's own. */
static void signal_child(Run *run, int signal_number) {
        if (run->child > 0 && run->end.si_pid == 0)
                (void) kill(-run->child, signal_number);
}

static int on_kill_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        signal_child(userdata, SIGKILL);
        return 0;
}

static void run_abort(Run *run, const char *why) {
        if (run->aborted)
                return;
        run->aborted = true;
        run->database = sd_event_source_disable_unref(run->database);
        log_error("Ending the program: %s", why);
        signal_child(run, SIGTERM);
        if (sd_event_add_time_relative(run->event, NULL, CLOCK_MONOTONIC, KILL_USEC, 0, on_kill_timer, run) < 0)
                signal_child(run, SIGKILL);
}

static void on_refused(int error, void *userdata) {
        Run *run = userdata;

        run_abort(run, migrationd_task_error(run->task));
}

static int on_database(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Run *run = userdata;

        if (migrationd_task_check(run->task) < 0)
                run_abort(run, migrationd_task_error(run->task));
        return 0;
}

/* On a descriptor of our own: the library closes its one whenever it finds the connection lost. */
static int watch_database(Run *run) {
        int fd, r;

        fd = fcntl(migrationd_task_fd(run->task), F_DUPFD_CLOEXEC, 3);
        if (fd < 0)
                return -errno;
        r = sd_event_add_io(run->event, &run->database, fd, EPOLLIN, on_database, run);
        if (r < 0) {
                closep(&fd);
                return r;
        }
        return sd_event_source_set_io_fd_own(run->database, true);
}

static int on_sigterm(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        Run *run = userdata;

        run->stopping = true;
        signal_child(run, SIGTERM);
        return 0;
}

/* A shell may be ended by SIGTERM before what it waits for: our end would be the SIGKILL of that. systemd bounds the
 * wait. The child is reaped; as long as the group has a process, the number is no other's. */
static int on_group_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Run *run = userdata;
        int r;

        if (run->aborted || kill(-run->child, 0) < 0)
                return sd_event_exit(run->event, 0);
        r = sd_event_source_set_time_relative(source, GROUP_USEC);
        return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_child(sd_event_source *source, const siginfo_t *info, void *userdata) {
        Run *run = userdata;

        /* What it left behind in its group may write still; the process is not reaped yet, so the group's
         * number is its own. */
        if (run->aborted)
                signal_child(run, SIGKILL);
        run->end = *info;
        if (!run->stopping || run->aborted)
                return sd_event_exit(run->event, 0);
        return sd_event_add_time_relative(run->event, NULL, CLOCK_MONOTONIC, 0, 0, on_group_timer, run);
}

/* The token and the notification socket stay with the main process: it holds the claim, and NotifyAccess= is
 * main. */
static char **child_environment(const char *socket_path) {
        _cleanup_(strv_freep) char **list = NULL;
        _cleanup_(freep) char *variable = NULL;

        variable = text_format(COMMAND_SOCKET_VARIABLE "=%s", socket_path);
        if (!variable || strv_append(&list, variable) < 0)
                return NULL;
        for (char **e = environ; *e; e++)
                if (!startswith(*e, "NOTIFY_SOCKET=") && !startswith(*e, "MIGRATIOND_TOKEN=") &&
                    !startswith(*e, COMMAND_SOCKET_VARIABLE "=") && strv_append(&list, *e) < 0)
                        return NULL;
        return TAKE_PTR(list);
}

/* Returns a negative errno when the program cannot be executed. */
static int spawn_child(Run *run, char **argv, const char *socket_path) {
        _cleanup_(strv_freep) char **environment = child_environment(socket_path);
        posix_spawnattr_t attributes;
        sigset_t none;
        int r;

        if (!environment)
                return -ENOMEM;
        (void) sigemptyset(&none);
        (void) posix_spawnattr_init(&attributes);
        (void) posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
        (void) posix_spawnattr_setpgroup(&attributes, 0);
        (void) posix_spawnattr_setsigmask(&attributes, &none);
        r = posix_spawn(&run->child, argv[0], NULL, &attributes, argv, environment);
        (void) posix_spawnattr_destroy(&attributes);
        if (r != 0)
                run->child = 0;
        return -r;
}

static int run_loop(Run *run, char **argv) {
        _cleanup_(server_freep) Server *server = NULL;
        int r;

        r = sd_event_add_signal(run->event, NULL, SIGTERM, on_sigterm, run);
        if (r >= 0)
                r = watch_database(run);
        if (r >= 0)
                r = server_new(run->event, run->task, on_refused, run, &server);
        if (r < 0)
                return log_error_errno(r, "Cannot serve the program: %m");
        r = spawn_child(run, argv, server_path(server));
        if (r < 0)
                return log_error_errno(r, "Cannot execute %s: %m", argv[0]);
        r = sd_event_add_child(run->event, NULL, run->child, WEXITED, on_child, run);
        if (r >= 0)
                r = sd_event_loop(run->event);
        if (r < 0) {
                signal_child(run, SIGKILL);
                return log_error_errno(r, "Event loop: %m");
        }
        return 0;
}

/* The program exited 0: its word counts once it is committed. */
static int run_finish(Run *run, bool exit_code) {
        int64_t total = migrationd_task_total(run->task);
        int r = 0;

        /* A program that never counts has done all of it; 0 is set to 1 of 1 by the finish itself. */
        if (exit_code && migrationd_task_done(run->task) < total)
                r = migrationd_task_progress(run->task, total, total);
        if (r >= 0)
                r = migrationd_task_finish(run->task);
        if (r < 0)
                log_error("The program exited 0, but the task is not completed: %s",
                          migrationd_task_error(run->task));
        return migrationd_task_exit_status(r);
}

/* Ends as the program did, so that Result= of the unit is right; the core, if any, is the program's. */
static int die_by_signal(int signal_number) {
        const struct rlimit none = {};
        sigset_t set;

        (void) setrlimit(RLIMIT_CORE, &none);
        (void) signal(signal_number, SIG_DFL);
        (void) sigemptyset(&set);
        (void) sigaddset(&set, signal_number);
        (void) sigprocmask(SIG_UNBLOCK, &set, NULL);
        (void) raise(signal_number);
        return 128 + signal_number;
}

static int run_task(migrationd_task *task, bool exit_code, char **argv) {
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        Run run = { .task = task };
        int r;

        r = sd_event_new(&event);
        if (r < 0) {
                log_error_errno(r, "Event loop: %m");
                return MIGRATIOND_EXIT_TEMPFAIL;
        }
        run.event = event;
        r = run_loop(&run, argv);
        sd_event_source_disable_unref(run.database);
        if (r < 0)
                return run.child == 0 && (r == -ENOENT || r == -EACCES || r == -ENOEXEC) ? MIGRATIOND_EXIT_CONFIG
                                                                                         : MIGRATIOND_EXIT_TEMPFAIL;
        if (run.aborted)
                return MIGRATIOND_EXIT_TEMPFAIL;
        if (run.end.si_code != CLD_EXITED)
                return -run.end.si_status;
        return run.end.si_status == 0 ? run_finish(&run, exit_code) : run.end.si_status;
}

int command_run(int argc, char **argv) {
        _cleanup_(migrationd_task_freep) migrationd_task *task = NULL;
        bool exit_code = false;
        sigset_t set;
        int i = 1, r;

        if (i < argc && streq(argv[i], "--exit-code")) {
                exit_code = true;
                i++;
        }
        if (i < argc && streq(argv[i], "--"))
                i++;
        if (i >= argc || startswith(argv[i], "-"))
                return command_usage(argv[0]);
        r = migrationd_task_open(&task);
        if (r < 0) {
                log_error("%s", migrationd_task_error(task));
                return migrationd_task_exit_status(r);
        }
        /* Up to here the library's handler takes SIGTERM, from here the event loop. */
        (void) sigemptyset(&set);
        (void) sigaddset(&set, SIGTERM);
        (void) sigaddset(&set, SIGCHLD);
        (void) sigprocmask(SIG_BLOCK, &set, NULL);
        r = migrationd_task_stopping() ? MIGRATIOND_EXIT_TEMPFAIL : run_task(task, exit_code, argv + i);
        if (r >= 0)
                return r;
        /* The lock is given up before the end, as the cleanup would. */
        task = migrationd_task_free(task);
        return die_by_signal(-r);
}
