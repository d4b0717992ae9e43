/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The checks of doctor that look at this machine's files and kernel. */

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "base/text.h"
#include "cli/doctor.h"

/* Sources: StateDirectory= and the cluster's directory in units/migrationd-postgresql.service. */
#define STATE_DIRECTORY "/var/lib/migrationd"
#define DATABASE_DIRECTORY "/var/lib/migrationd/postgresql"

/* A report of a million tasks takes about 1 GiB with its joblog; PostgreSQL stops when it can't write its log
 * at all. */
#define FREE_WARN (UINT64_C(2) * 1024 * 1024 * 1024)
#define FREE_FAIL (UINT64_C(128) * 1024 * 1024)

static void check_directory(Doctor *d, const char *path, const char *what) {
        _cleanup_(freep) char *next = text_format("df -h %s", path), *free_text = NULL;
        uint64_t free_bytes;
        Health health;
        struct statvfs s;

        if (statvfs(path, &s) < 0) {
                if (errno == ENOENT)
                        doctor_say(d, HEALTH_SKIP, "disk", NULL, "%s, %s, does not exist yet", path, what);
                else
                        doctor_say(d, HEALTH_SKIP, "disk", NULL, "%s, %s, can't be looked at: %s", path, what,
                                   strerror(errno));
                return;
        }
        free_bytes = (uint64_t) s.f_bavail * s.f_frsize;
        free_text = text_format_bytes(free_bytes);
        health = free_bytes < FREE_FAIL ? HEALTH_FAIL : free_bytes < FREE_WARN ? HEALTH_WARN : HEALTH_OK;
        doctor_say(d, health, "disk", health == HEALTH_OK ? NULL : next, "%s free for %s (%s)",
                   free_text ? free_text : "?", what, path);
        if (s.f_files > 0 && s.f_favail < 1000)
                doctor_say(d, HEALTH_WARN, "disk", next, "%s has only %ju free inodes", path,
                           (uintmax_t) s.f_favail);
}

void doctor_check_disk(Doctor *d) {
        if (!doctor_is_local(d)) {
                doctor_say(d, HEALTH_SKIP, "disk", NULL, "can be checked on the machine itself only");
                return;
        }
        check_directory(d, STATE_DIRECTORY, "the service's state");
        /* Without the right to look below the state directory, which is private, its own line has said it
         * already. */
        if (access(DATABASE_DIRECTORY, F_OK) >= 0)
                check_directory(d, DATABASE_DIRECTORY, "the embedded database");
}

void doctor_check_journal(Doctor *d) {
        if (!doctor_is_local(d))
                return;
        if (access("/var/log/journal", F_OK) < 0)
                doctor_say(d, HEALTH_WARN, "journal",
                           "mkdir -p /var/log/journal && systemctl restart systemd-journald",
                           "the journal is kept in memory: the logs of tasks are gone after a reboot");
        else
                doctor_say(d, HEALTH_OK, "journal", NULL, "the journal is kept on disk");
}

/* The words of a small file of the kernel. */
static int read_line(const char *path, char *buffer, size_t size) {
        _cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n;

        if (fd < 0)
                return -errno;
        n = read(fd, buffer, size - 1);
        if (n < 0)
                return -errno;
        buffer[n] = 0;
        buffer[strcspn(buffer, "\n")] = 0;
        return 0;
}

static bool has_word(const char *line, const char *word) {
        size_t length = strlen(word);

        for (const char *s = line; (s = strstr(s, word)); s += length)
                if ((s == line || s[-1] == ' ') && (s[length] == 0 || s[length] == ' '))
                        return true;
        return false;
}

static void check_controllers(Doctor *d, const char *line) {
        static const char *const controllers[] = { "memory", "cpu", "io", "pids" };
        _cleanup_(freep) char *missing = strdup("");

        for (size_t i = 0; missing && i < ELEMENTSOF(controllers); i++)
                if (!has_word(line, controllers[i])) {
                        _cleanup_(freep) char *before = missing;

                        missing = text_format("%s%s%s", before, before[0] ? ", " : "", controllers[i]);
                }
        if (missing && missing[0])
                doctor_say(d, HEALTH_WARN, "cgroup", "cat /sys/fs/cgroup/cgroup.controllers /proc/cgroups",
                           "no controller for %s: limits of tasks on it are not in force, nor is its use "
                           "recorded", missing);
        else
                doctor_say(d, HEALTH_OK, "cgroup", NULL, "unified hierarchy with memory, cpu, io and pids");
}

void doctor_check_cgroup(Doctor *d) {
        char line[512];
        struct statfs s;
        int r;

        if (!doctor_is_local(d)) {
                doctor_say(d, HEALTH_SKIP, "cgroup", NULL, "can be checked on the machine itself only");
                return;
        }
        if (statfs("/sys/fs/cgroup", &s) < 0 || s.f_type != CGROUP2_SUPER_MAGIC) {
                doctor_say(d, HEALTH_FAIL, "cgroup",
                           "cat /proc/cmdline  (boot with systemd.unified_cgroup_hierarchy=1)",
                           "/sys/fs/cgroup is not the unified hierarchy: pausing with --freeze and "
                           "accounting do not work");
                return;
        }
        r = read_line("/sys/fs/cgroup/cgroup.controllers", line, sizeof(line));
        if (r < 0)
                doctor_say(d, HEALTH_WARN, "cgroup", "cat /sys/fs/cgroup/cgroup.controllers",
                           "the controllers can't be read: %s", strerror(-r));
        else
                check_controllers(d, line);
}
