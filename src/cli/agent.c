/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/agent.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/text.h"

#define AGENT "/usr/bin/pkttyagent"

/* The agent registers within this, or the call is made without it. */
#define AGENT_START_MSEC 5000

static pid_t agent_pid = 0;

static void agent_close(void) {
        if (agent_pid <= 0)
                return;
        (void) kill(agent_pid, SIGTERM);
        (void) kill(agent_pid, SIGCONT);
        (void) waitpid(agent_pid, NULL, 0);
        agent_pid = 0;
}

/* In the child. The agent lives no longer than its parent, and reads from the terminal itself. */
static void agent_exec(pid_t parent, int notify_fd) {
        char pid_text[16], fd_text[16];

        (void) prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent)
                _exit(EXIT_SUCCESS);
        (void) snprintf(pid_text, sizeof(pid_text), "%i", (int) parent);
        (void) snprintf(fd_text, sizeof(fd_text), "%i", notify_fd);
        execl(AGENT, AGENT, "--notify-fd", fd_text, "--fallback", "--process", pid_text, (char *) NULL);
        _exit(EXIT_FAILURE);
}

void agent_open(void) {
        _cleanup_(closep) int read_fd = -EBADF, write_fd = -EBADF;
        pid_t parent = getpid();
        int fds[2];

        if (agent_pid != 0 || geteuid() == 0 || !isatty(STDIN_FILENO) || access(AGENT, X_OK) < 0)
                return;
        if (pipe2(fds, 0) < 0)
                return;
        read_fd = fds[0];
        write_fd = fds[1];
        agent_pid = fork();
        if (agent_pid == 0) {
                (void) close(read_fd);
                agent_exec(parent, write_fd);
        }
        if (agent_pid < 0)
                return;
        (void) atexit(agent_close);
        (void) close(TAKE_FD(write_fd));

        /* The agent closes its end when it is registered; a failed one closes it by exiting. */
        struct pollfd p = { .fd = read_fd, .events = POLLIN };
        (void) poll(&p, 1, AGENT_START_MSEC);
}
