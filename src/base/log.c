/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "base/text.h"

static const char *log_identifier = "migrationd";
static int log_level_max = LOG_INFO;
static bool log_to_journal = false;

/* $JOURNAL_STREAM names the device and inode of standard error when it is connected to the journal: systemd.exec(5).
 */
static bool stderr_is_journal(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        uintmax_t device, inode;
        struct stat st;

        return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
               st.st_dev == device && st.st_ino == inode;
}

void log_open(const char *identifier) {
        const char *level = getenv("MIGRATIOND_LOG_LEVEL");
        uint32_t value;

        log_identifier = identifier;
        if (level && text_parse_u32(level, &value) >= 0 && value <= LOG_DEBUG)
                log_level_max = (int) value;
        log_to_journal = stderr_is_journal();
}

/* Each line of the message with the prefix that gives it its priority: sd-daemon(3). */
static int stream_send(int level, const char *message) {
        _cleanup_(freep) char *text = NULL;
        size_t size;
        FILE *f;
        int r;

        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;
        for (const char *line = message;; line++) {
                size_t length = strcspn(line, "\n");

                fprintf(f, "<%i>%.*s\n", level, (int) length, line);
                line += length;
                if (!*line)
                        break;
        }
        r = ferror(f);
        if (fclose(f) != 0 || r)
                return -ENOMEM;
        for (size_t done = 0; done < size;) {
                ssize_t n = write(STDERR_FILENO, text + done, size - done);

                if (n < 0 && errno != EINTR)
                        return -errno;
                done += n > 0 ? (size_t) n : 0;
        }
        return 0;
}

static void field_add(struct iovec *fields, int *n, char *text) {
        if (!text)
                return;
        fields[(*n)++] = (struct iovec){ .iov_base = text, .iov_len = strlen(text) };
}

static void journal_send(int level, int error, const LogContext *c, const char *message) {
        struct iovec fields[8];
        int n = 0;

        field_add(fields, &n, text_format("MESSAGE=%s", message));
        field_add(fields, &n, text_format("PRIORITY=%i", level));
        field_add(fields, &n, text_format("SYSLOG_IDENTIFIER=%s", log_identifier));
        if (error < 0)
                field_add(fields, &n, text_format("ERRNO=%i", -error));
        if (c && c->report > 0)
                field_add(fields, &n, text_format("MIGRATION_REPORT=%" PRIu32, c->report));
        if (c && c->step)
                field_add(fields, &n, text_format("MIGRATION_STEP=%s", c->step));
        if (c && c->task > 0)
                field_add(fields, &n, text_format("MIGRATION_TASK=%" PRIu32, c->task));
        if (c && c->attempt > 0)
                field_add(fields, &n, text_format("MIGRATION_ATTEMPT=%" PRIu32, c->attempt));
        (void) sd_journal_sendv(fields, n);
        while (n > 0)
                free(fields[--n].iov_base);
}

int log_full(int level, int error, const LogContext *context, const char *format, ...) {
        _cleanup_(freep) char *message = NULL;
        va_list ap;

        if (level > log_level_max)
                return error;

        errno = error < 0 ? -error : 0;
        va_start(ap, format);
        if (vasprintf(&message, format, ap) < 0)
                message = NULL;
        va_end(ap);
        if (!message)
                return error;

        /* journald looks up the sender of a datagram when it reads it, and finds neither unit nor fields of one that is
         * gone by then; that of a stream it knows from the start. So only what has fields of its own is a datagram. */
        if (log_to_journal) {
                if (context || stream_send(level, message) < 0)
                        journal_send(level, error, context, message);
        } else
                fprintf(stderr, "%s: %s\n", log_identifier, message);
        return error;
}
