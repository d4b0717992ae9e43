/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib/pg-cluster.h"

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/text.h"

/* initdb takes about a second, a start less; the rest is for a busy machine. */
#define PATIENCE_MSEC 60000

struct PgCluster {
        char *directory; /* holds data, log, and the sockets */
        char *program_directory;
        uid_t uid; /* whom the server runs as */
        gid_t gid;
        pid_t pid;     /* 0: not running */
        int notify_fd; /* the server sends READY=1 there, as to systemd */
};

static int remove_entry(const char *path, _unused_ const struct stat *st, _unused_ int type,
                        _unused_ struct FTW *ftw) {
        return remove(path);
}

/* Runs in the child: becomes the server's user, dies with the test. */
static void child_prepare(PgCluster *c) {
        char *log = text_format("%s/log", c->directory);
        int fd;

        if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(c->gid) < 0 || setuid(c->uid) < 0))
                _exit(126);
        /* After the change of user, which resets it. SIGQUIT: immediate shutdown. */
        (void)prctl(PR_SET_PDEATHSIG, SIGQUIT);
        fd = open(log ?: "", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0 || chdir(c->directory) < 0)
                _exit(126);
}

/* argv[0] is a program of PostgreSQL; it gets its full path, by which they find each other. */
static pid_t child_start(PgCluster *c, const char **argv) {
        _cleanup_(freep) char *program = text_format("%s/%s", c->program_directory, argv[0]);
        _cleanup_(freep) char *notify = text_format("NOTIFY_SOCKET=%s/notify", c->directory);
        const char *const environment[] = { notify, "LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin", NULL };
        pid_t pid;

        if (!program || !notify)
                return -ENOMEM;
        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                child_prepare(c);
                argv[0] = program;
                execve(program, (char *const *)argv, (char *const *)environment);
                _exit(127);
        }
        return pid;
}

/* Waits for the end of a child. Returns its wait status, or a negative errno. */
static int child_wait(pid_t pid) {
        _cleanup_(closep) int fd = pidfd_open(pid, 0);
        int status;

        if (fd < 0)
                return -errno;
        if (poll(&(struct pollfd) { .fd = fd, .events = POLLIN }, 1, PATIENCE_MSEC) != 1)
                return -ETIMEDOUT;
        return waitpid(pid, &status, 0) == pid ? status : -errno;
}

/* The directory goes, so what the server said is shown. */
static void show_log(PgCluster *c, const char *what) {
        _cleanup_(freep) char *path = text_format("%s/log", c->directory);
        FILE *f = path ? fopen(path, "re") : NULL;
        char line[512];

        fprintf(stderr, "%s failed:\n", what);
        while (f && fgets(line, sizeof(line), f))
                fputs(line, stderr);
        if (f)
                fclose(f);
}

static int run(PgCluster *c, const char **argv) {
        pid_t pid = child_start(c, argv);
        int status;

        if (pid < 0)
                return pid;
        status = child_wait(pid);
        if (status != 0)
                show_log(c, argv[0]);
        return status < 0 ? status : status == 0 ? 0 : -EIO;
}

int pg_cluster_start(PgCluster *c) {
        const char *argv[] = { "postgres",
                               "-D",
                               "data",
                               "-k",
                               c->directory,
                               "-c",
                               "listen_addresses=",
                               "-c",
                               "fsync=off",
                               "-c",
                               "max_wal_size=64MB",
                               "-c",
                               "shared_buffers=16MB",
                               NULL };
        char text[256];
        pid_t pid;
        ssize_t n;

        if (c->pid > 0)
                return 0;
        pid = child_start(c, argv);
        if (pid < 0)
                return pid;
        c->pid = pid;

        for (;;) {
                if (poll(&(struct pollfd) { .fd = c->notify_fd, .events = POLLIN }, 1, PATIENCE_MSEC) != 1) {
                        show_log(c, "postgres");
                        return -ETIMEDOUT;
                }
                n = recv(c->notify_fd, text, sizeof(text) - 1, 0);
                if (n < 0)
                        return -errno;
                text[n] = '\0';
                if (strstr(text, "READY=1"))
                        return 0;
        }
}

int pg_cluster_stop(PgCluster *c, int signal) {
        int r;

        if (c->pid <= 0)
                return 0;
        if (kill(c->pid, signal) < 0)
                return -errno;
        r = child_wait(c->pid);
        if (r < 0)
                return r;
        c->pid = 0;
        return 0;
}

static int find_programs(PgCluster *c) {
        glob_t found;
        int r = -ENOENT;

        /* The newest of those that Debian's packages put there. */
        if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0) {
                c->program_directory = strdup(found.gl_pathv[found.gl_pathc - 1]);
                if (!c->program_directory)
                        r = -ENOMEM;
                else {
                        *strrchr(c->program_directory, '/') = '\0';
                        r = 0;
                }
        }
        globfree(&found);
        return r;
}

static int find_user(PgCluster *c) {
        const struct passwd *p;

        c->uid = geteuid();
        c->gid = getegid();
        if (c->uid != 0)
                return 0;
        p = getpwnam("postgres") ?: getpwnam("nobody");
        if (!p)
                return -ENOENT;
        c->uid = p->pw_uid;
        c->gid = p->pw_gid;
        return 0;
}

static int make_directory(PgCluster *c) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_(freep) char *directory = strdup("/tmp/pg-cluster-XXXXXX");

        if (!directory)
                return -ENOMEM;
        if (!mkdtemp(directory))
                return -errno;
        c->directory = TAKE_PTR(directory);
        if (chmod(c->directory, 0755) < 0 || chown(c->directory, c->uid, c->gid) < 0)
                return -errno;

        c->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (c->notify_fd < 0)
                return -errno;
        snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", c->directory);
        if (bind(c->notify_fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
            chown(address.sun_path, c->uid, c->gid) < 0)
                return -errno;
        return 0;
}

static int make_roles(PgCluster *c) {
        static const char *const statements[] = {
                "CREATE ROLE migrationd LOGIN",
                "CREATE ROLE migrationd_worker LOGIN",
                "CREATE DATABASE migrationd OWNER migrationd",
        };
        _cleanup_(freep) char *conninfo = text_format("host=%s user=postgres dbname=postgres", c->directory);
        _cleanup_(PQfinishp) PGconn *conn = NULL;

        if (!conninfo)
                return -ENOMEM;
        conn = PQconnectdb(conninfo);
        for (size_t i = 0; i < ELEMENTSOF(statements); i++) {
                _cleanup_(PQclearp) PGresult *res = PQexec(conn, statements[i]);

                if (PQresultStatus(res) != PGRES_COMMAND_OK) {
                        fprintf(stderr, "%s: %s", statements[i], PQerrorMessage(conn));
                        return -EIO;
                }
        }
        return 0;
}

int pg_cluster_new(PgCluster **ret) {
        const char *argv[] = { "initdb", "-D", "data", "-U",        "postgres", "-A",
                               "trust",  "-E", "UTF8", "--no-sync", NULL };
        _cleanup_(pg_cluster_freep) PgCluster *c = NULL;
        int r;

        c = calloc(1, sizeof(PgCluster));
        if (!c)
                return -ENOMEM;
        c->notify_fd = -EBADF;
        if ((r = find_programs(c)) < 0 || (r = find_user(c)) < 0 || (r = make_directory(c)) < 0 ||
            (r = run(c, argv)) < 0 || (r = pg_cluster_start(c)) < 0 || (r = make_roles(c)) < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

int pg_cluster_absent(int error) {
        const char *format = getenv("CMOCKA_MESSAGE_OUTPUT");

        if (error != -ENOENT || getenv("CI"))
                return EXIT_FAILURE;
        if (!format || strcasecmp(format, "tap") != 0)
                return 77;
        puts("1..0 # SKIP there is no PostgreSQL server on this machine");
        return EXIT_SUCCESS;
}

PgCluster *pg_cluster_free(PgCluster *c) {
        if (!c)
                return NULL;

        if (pg_cluster_stop(c, SIGINT) < 0)
                (void)pg_cluster_stop(c, SIGQUIT);
        closep(&c->notify_fd);
        if (c->directory)
                (void)nftw(c->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
        free(c->directory);
        free(c->program_directory);
        free(c);
        return NULL;
}

const char *pg_cluster_socket_directory(PgCluster *c) {
        return c->directory;
}

char *pg_cluster_conninfo(PgCluster *c, const char *role) {
        return text_format("host=%s user=%s dbname=migrationd", c->directory, role);
}

PGconn *pg_cluster_connect(PgCluster *c, const char *role) {
        _cleanup_(freep) char *conninfo = pg_cluster_conninfo(c, role);
        _cleanup_(PQfinishp) PGconn *conn = NULL;

        if (!conninfo)
                return NULL;
        conn = PQconnectdb(conninfo);
        if (PQstatus(conn) != CONNECTION_OK) {
                fprintf(stderr, "%s", PQerrorMessage(conn));
                return NULL;
        }
        return TAKE_PTR(conn);
}
