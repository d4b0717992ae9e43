/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* hold-exit PID MSEC: kills a process with SIGKILL and holds it in its exit for so long: it has been killed and is still there,
 * as one that sleeps uninterruptibly would be. Exit status 0: it was held for the whole time. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

int main(int argc, char *argv[]) {
        int status = 0, msec;
        pid_t pid;

        if (argc != 3 || (pid = atoi(argv[1])) <= 0 || (msec = atoi(argv[2])) <= 0) {
                fprintf(stderr, "Usage: hold-exit PID MSEC\n");
                return 2;
        }
        if (ptrace(PTRACE_SEIZE, pid, NULL, (void *) PTRACE_O_TRACEEXIT) < 0 || kill(pid, SIGKILL) < 0) {
                fprintf(stderr, "%i: %s\n", pid, strerror(errno));
                return 1;
        }
        while (waitpid(pid, &status, __WALL) == pid) {
                if (WIFSTOPPED(status) && status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXIT << 8)))
                        break;
                if (!WIFSTOPPED(status)) {
                        fprintf(stderr, "%i could not be held\n", pid);
                        return 1;
                }
                (void) ptrace(PTRACE_CONT, pid, NULL, NULL);
        }
        (void) poll(NULL, 0, msec);
        /* Still the one that stopped: somebody else's SIGKILL would have ended it. */
        return ptrace(PTRACE_DETACH, pid, NULL, NULL) < 0;
}
