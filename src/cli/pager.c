/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/pager.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-login.h>

#include "base/text.h"
#include "cli/terminal.h"

/* Quit when one screen is enough, colours, no wrapping, do not clear: systemd's choice, man:systemctl(1). */
#define LESS_OPTIONS "FRSXMK"

static pid_t pager_pid = 0;

/* A pager runs editors and shells for whoever sits before it. Under sudo that person is another one than the
 * user it runs as, and may have the right to this program only. Unknown counts as another one. */
static bool pager_secure(void) {
        const char *e = getenv("SYSTEMD_PAGERSECURE");
        uid_t owner;

        if (e)
                return !streq(e, "0") && !streq(e, "no") && !streq(e, "false") && !streq(e, "off");
        return sd_pid_get_owner_uid(0, &owner) < 0 || owner != geteuid();
}

static const char *pager_command(void) {
        const char *e = getenv("SYSTEMD_PAGER");

        return e ? e : getenv("PAGER");
}

static bool pager_is_off(void) {
        const char *command = pager_command();

        return command && (streq(command, "") || streq(command, "cat"));
}

static void pager_exec_command(const char *command) {
        _cleanup_(freep) char *copy = strdup(command);
        char *arguments[16] = {}, *save = NULL;
        size_t n = 0;

        if (!copy)
                return;
        for (char *word = strtok_r(copy, " \t", &save); word && n + 1 < ELEMENTSOF(arguments);
             word = strtok_r(NULL, " \t", &save))
                arguments[n++] = word;
        if (n > 0)
                (void) execvp(arguments[0], arguments);
}

/* In the child, standard input is the pipe. */
static void pager_exec(pid_t parent) {
        const char *options = getenv("SYSTEMD_LESS"), *charset = getenv("SYSTEMD_LESSCHARSET");
        bool secure = pager_secure();

        (void) prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent)
                _exit(EXIT_SUCCESS);
        (void) setenv("LESS", options ? options : LESS_OPTIONS, 1);
        if (charset || terminal_has_unicode())
                (void) setenv("LESSCHARSET", charset ? charset : "utf-8", 1);
        (void) unsetenv("LESSOPEN");
        if (secure)
                (void) setenv("LESSSECURE", "1", 1);
        else if (pager_command())
                pager_exec_command(pager_command());
        (void) execlp("less", "less", (char *) NULL);
        if (!secure)
                (void) execlp("more", "more", (char *) NULL);
        (void) execlp("cat", "cat", (char *) NULL);
        _exit(EXIT_FAILURE);
}

static void pager_wait(void) {
        if (pager_pid <= 0)
                return;
        (void) fflush(stdout);
        (void) close(STDOUT_FILENO);
        while (waitpid(pager_pid, NULL, 0) < 0 && errno == EINTR)
                ;
        pager_pid = 0;
}

void pager_open(bool off) {
        pid_t parent = getpid();
        int fds[2];

        if (off || pager_pid != 0 || !terminal_is_tty() || pager_is_off())
                return;
        if (pipe2(fds, O_CLOEXEC) < 0)
                return;
        (void) fflush(stdout);
        pager_pid = fork();
        if (pager_pid == 0) {
                if (dup2(fds[0], STDIN_FILENO) < 0)
                        _exit(EXIT_FAILURE);
                pager_exec(parent);
        }
        (void) close(fds[0]);
        if (pager_pid > 0 && dup2(fds[1], STDOUT_FILENO) >= 0) {
                /* A person who leaves the pager early ends this program's output, not with an error. */
                (void) signal(SIGPIPE, SIG_IGN);
                (void) signal(SIGINT, SIG_IGN);
                (void) atexit(pager_wait);
        }
        (void) close(fds[1]);
}
