/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "task/task.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "base/text.h"
#include "task/queue.h"
#include "task/session.h"

/* STATUS= at most that often: each is a message to PID 1. */
#define STATUS_INTERVAL_USEC (USEC_PER_SEC / 2)
/* What is kept of a problem. Source: the contract in the header; an index entry has to stay below 2 704
 * bytes. */
#define ITEM_BYTES_MAX 1024
#define REASON_BYTES_MAX 4096
/* Problems of one transaction. Source: migrationd.task_problems(). */
#define PROBLEMS_MAX 1000

/* Who we are: the first three parameters of every function of the contract. */
typedef struct Identity {
        char task[11];
        char attempt[11];
        const char *token;      /* the environment's */
} Identity;

struct migrationd_task {
        Session session;
        Queue queue;
        Identity identity;
        uint32_t report;
        uint32_t id;
        uint32_t attempt;
        char *input;
        int64_t done;
        int64_t total;
        usec_t status_usec;     /* when STATUS= was sent last */
};

static volatile sig_atomic_t stop_requested;

static void on_sigterm(int signal_number) {
        stop_requested = 1;
}

int migrationd_task_stopping(void) {
        return stop_requested;
}

static bool is_stopping(void) {
        return stop_requested;
}

/* Without SA_RESTART, so that a program's own blocking calls end with EINTR. */
static int install_handler(migrationd_task *t) {
        struct sigaction action = { .sa_handler = on_sigterm };

        (void) sigemptyset(&action.sa_mask);
        if (sigaction(SIGTERM, &action, NULL) < 0)
                return session_fail(&t->session, -errno, "SIGTERM: %s", strerror(errno));
        return 0;
}

static int read_id(migrationd_task *t, const char *variable, uint32_t *ret) {
        const char *s = getenv(variable);

        if (!s)
                return session_fail(&t->session, -EINVAL, "$%s is not set; is this started by migrationd?",
                                    variable);
        if (text_parse_u32(s, ret) < 0 || *ret == 0 || *ret > INT32_MAX)
                return session_fail(&t->session, -EINVAL, "$%s is not an id: \"%.32s\"", variable, s);
        return 0;
}

static int read_environment(migrationd_task *t, const char **ret_conninfo) {
        const char *conninfo = getenv("MIGRATIOND_DATABASE");
        int r;

        r = read_id(t, "MIGRATIOND_REPORT", &t->report);
        if (r >= 0)
                r = read_id(t, "MIGRATIOND_TASK", &t->id);
        if (r >= 0)
                r = read_id(t, "MIGRATIOND_ATTEMPT", &t->attempt);
        if (r < 0)
                return r;
        t->identity.token = getenv("MIGRATIOND_TOKEN");
        if (!t->identity.token)
                return session_fail(&t->session, -EINVAL, "$MIGRATIOND_TOKEN is not set");
        if (!conninfo || !*conninfo)
                return session_fail(&t->session, -EINVAL, "$MIGRATIOND_DATABASE is not set");
        snprintf(t->identity.task, sizeof(t->identity.task), "%" PRIu32, t->id);
        snprintf(t->identity.attempt, sizeof(t->identity.attempt), "%" PRIu32, t->attempt);
        *ret_conninfo = conninfo;
        return 0;
}

/* One statement of the contract in a transaction of its own. */
static int transact(migrationd_task *t, const char *what, const char *sql, int n, const char *const *params,
                    PGresult **ret) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = session_begin(&t->session);
        if (r >= 0)
                r = session_query(&t->session, what, sql, n, params, &res);
        if (r >= 0)
                r = session_commit(&t->session);
        if (r < 0) {
                session_rollback(&t->session);
                return r;
        }
        if (ret)
                *ret = TAKE_PTR(res);
        return 0;
}

static int claim(migrationd_task *t) {
        static const char sql[] =
                "SELECT report, input, done, total FROM migrationd.task_claim($1, $2, $3, $4)";
        const char *params[] = { t->identity.task, t->identity.attempt, t->identity.token,
                                 getenv("INVOCATION_ID") };
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = transact(t, "claim", sql, ELEMENTSOF(params), params, &res);
        if (r < 0)
                return r;
        if (PQntuples(res) != 1 || PQgetisnull(res, 0, 1))
                return session_fail(&t->session, -EIO, "claim: %i rows, one was expected", PQntuples(res));
        /* The lock was taken with the environment's number: another would have protected nothing. */
        if (strtoul(PQgetvalue(res, 0, 0), NULL, 10) != t->report)
                return session_fail(&t->session, -EINVAL,
                                    "$MIGRATIOND_REPORT is %" PRIu32 ", but task %" PRIu32 " is of report %s",
                                    t->report, t->id, PQgetvalue(res, 0, 0));
        t->input = strdup(PQgetvalue(res, 0, 1));
        if (!t->input)
                return session_fail(&t->session, -ENOMEM, "claim: out of memory");
        t->done = strtoll(PQgetvalue(res, 0, 2), NULL, 10);
        t->total = strtoll(PQgetvalue(res, 0, 3), NULL, 10);
        return 0;
}

int migrationd_task_open(migrationd_task **ret) {
        char name[64];
        const char *conninfo = NULL;
        migrationd_task *t;
        int r;

        *ret = t = calloc(1, sizeof(*t));
        if (!t)
                return -ENOMEM;
        t->session.stopping = is_stopping;
        r = read_environment(t, &conninfo);
        if (r >= 0)
                r = install_handler(t);
        if (r < 0)
                return r;
        snprintf(name, sizeof(name), "migration report %" PRIu32 " task %" PRIu32 " attempt %" PRIu32,
                 t->report, t->id, t->attempt);
        r = session_connect(&t->session, conninfo, name);
        if (r >= 0)
                r = session_lock(&t->session, (int32_t) t->report, (int32_t) t->id);
        if (r >= 0)
                r = claim(t);
        return r;
}

migrationd_task *migrationd_task_free(migrationd_task *t) {
        if (!t)
                return NULL;
        session_done(&t->session);
        queue_done(&t->queue);
        free(t->input);
        free(t);
        return NULL;
}

const char *migrationd_task_error(migrationd_task *t) {
        if (!t)
                return "out of memory";
        return t->session.error ? t->session.error : "no error";
}

const char *migrationd_task_input(migrationd_task *t) {
        return t->input ? t->input : "{}";
}

int32_t migrationd_task_report(migrationd_task *t) {
        return (int32_t) t->report;
}

int32_t migrationd_task_id(migrationd_task *t) {
        return (int32_t) t->id;
}

int32_t migrationd_task_attempt(migrationd_task *t) {
        return (int32_t) t->attempt;
}

int64_t migrationd_task_done(migrationd_task *t) {
        return t->done;
}

int64_t migrationd_task_total(migrationd_task *t) {
        return t->total;
}

int migrationd_task_fd(migrationd_task *t) {
        return t->session.pg ? PQsocket(t->session.pg) : -ENOTCONN;
}

int migrationd_task_check(migrationd_task *t) {
        return session_check(&t->session);
}

/* For systemctl status; that nobody listens is no error. */
static void notify_status(migrationd_task *t, bool force) {
        struct timespec ts;
        usec_t now;

        (void) clock_gettime(CLOCK_MONOTONIC, &ts);
        now = (usec_t) ts.tv_sec * USEC_PER_SEC + (usec_t) ts.tv_nsec / 1000;
        if (!force && t->status_usec > 0 && now - t->status_usec < STATUS_INTERVAL_USEC)
                return;
        t->status_usec = now;
        (void) sd_notifyf(false, "STATUS=%" PRIi64 " of %" PRIi64 " (%i %%)", t->done, t->total,
                          t->total > 0 ? (int) ((double) t->done / (double) t->total * 100) : 0);
}

int migrationd_task_progress(migrationd_task *t, int64_t done, int64_t total) {
        static const char sql[] = "SELECT migrationd.task_progress($1, $2, $3, $4, $5)";
        char done_text[24], total_text[24];
        const char *params[] = { t->identity.task, t->identity.attempt, t->identity.token, done_text,
                                 total < 0 ? NULL : total_text };
        int r;

        if (done < 0 || done > (total < 0 ? t->total : total))
                return session_fail(&t->session, -EINVAL,
                                    "progress: done %" PRIi64 " is not between 0 and the total %" PRIi64,
                                    done, total < 0 ? t->total : total);
        snprintf(done_text, sizeof(done_text), "%" PRIi64, done);
        snprintf(total_text, sizeof(total_text), "%" PRIi64, total);
        r = transact(t, "progress", sql, ELEMENTSOF(params), params, NULL);
        if (r < 0)
                return r;
        t->done = done;
        if (total >= 0)
                t->total = total;
        notify_status(t, /* force= */ false);
        return 0;
}

/* Length of the valid UTF-8 character at s, 0 when there is none. Source: Unicode, table 3-7. */
static size_t utf8_length(const unsigned char *s) {
        size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 :
                s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

        for (size_t i = 1; i < n; i++)
                if ((s[i] & 0xc0) != 0x80)
                        return 0;
        /* Overlong forms, surrogates, above the last code point. */
        if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) ||
            (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90))
                return 0;
        return n;
}

/* Cuts at a character and puts "?" for what is no UTF-8: a file name must not keep its own problem from being
 * reported. */
static char *clean_text(const char *s, size_t bytes_max) {
        size_t length = strnlen(s, bytes_max + 1), size = 0;
        char *out = malloc(MIN(length, bytes_max) + 1);

        while (out && *s) {
                size_t n = utf8_length((const unsigned char*) s);

                if (size + MAX(n, (size_t) 1) > bytes_max)
                        break;
                if (n == 0)
                        out[size++] = '?';
                else
                        memcpy(out + size, s, n);
                size += n;
                s += n > 0 ? n : 1;
        }
        if (out)
                out[size] = 0;
        return out;
}

/* A growing text, which its owner frees. */
typedef struct Text {
        char *data;
        size_t size, allocated;
} Text;

static bool text_append(Text *text, const char *s, size_t n) {
        if (text->size + n + 1 > text->allocated) {
                size_t allocated = 2 * (text->size + n + 1);
                char *larger = realloc(text->data, allocated);

                if (!larger)
                        return false;
                text->data = larger;
                text->allocated = allocated;
        }
        memcpy(text->data + text->size, s, n);
        text->size += n;
        text->data[text->size] = 0;
        return true;
}

/* As an element of PostgreSQL's text form of an array: in quotes, with a backslash before quotes and backslashes. */
static bool append_element(Text *text, const char *s, size_t bytes_max, bool first) {
        _cleanup_(freep) char *clean = clean_text(s, bytes_max);
        bool ok = clean && text_append(text, first ? "\"" : ",\"", first ? 1 : 2);

        for (const char *from = clean; ok && *from;) {
                size_t n = strcspn(from, "\"\\");

                ok = text_append(text, from, n);
                from += n;
                if (ok && *from) {
                        const char escaped[] = { '\\', *from++ };

                        ok = text_append(text, escaped, sizeof(escaped));
                }
        }
        return ok && text_append(text, "\"", 1);
}

static bool make_array(Text *text, const char *const *list, size_t n, size_t bytes_max) {
        bool ok = text_append(text, "{", 1);

        for (size_t i = 0; i < n && ok; i++)
                ok = append_element(text, list[i], bytes_max, i == 0);
        return ok && text_append(text, "}", 1);
}

static int send_problems(migrationd_task *t, size_t n, const char *const *items, const char *const *reasons) {
        static const char sql[] = "SELECT migrationd.task_problems($1, $2, $3, $4, $5)";
        Text item_array = {}, reason_array = {};
        int r;

        if (make_array(&item_array, items, n, ITEM_BYTES_MAX) &&
            make_array(&reason_array, reasons, n, REASON_BYTES_MAX)) {
                const char *params[] = { t->identity.task, t->identity.attempt, t->identity.token, item_array.data,
                                         reason_array.data };

                r = transact(t, "problem", sql, ELEMENTSOF(params), params, NULL);
        } else
                r = session_fail(&t->session, -ENOMEM, "problem: out of memory");
        free(item_array.data);
        free(reason_array.data);
        return r;
}

int migrationd_task_problems(migrationd_task *t, size_t n, const char *const *items, const char *const *reasons) {
        int r = 0;

        for (size_t i = 0; i < n && r >= 0; i += PROBLEMS_MAX)
                r = send_problems(t, MIN(n - i, (size_t) PROBLEMS_MAX), items + i, reasons + i);
        return r;
}

int migrationd_task_problem(migrationd_task *t, const char *item, const char *reason) {
        return migrationd_task_problems(t, 1, &item, &reason);
}

int migrationd_task_add(migrationd_task *t, const char *lane, int32_t stage, const char *input,
                        int64_t total) {
        _cleanup_(freep) char *reason = NULL;
        int r;

        r = queue_add(&t->queue, lane, stage, input, total, &reason);
        if (r < 0)
                return session_fail(&t->session, r == -EINVAL ? r : -EIO, "add: %s",
                                    reason ? reason : strerror(-r));
        return 0;
}

static int add_block(const char *block, void *userdata) {
        static const char sql[] = "SELECT migrationd.task_add($1, $2, $3, $4)";
        migrationd_task *t = userdata;
        const char *params[] = { t->identity.task, t->identity.attempt, t->identity.token, block };

        return session_query(&t->session, "add", sql, ELEMENTSOF(params), params, NULL);
}

/* Everything of the finishing transaction but its begin and end. */
static int write_finish(migrationd_task *t) {
        static const char sql[] = "SELECT migrationd.task_finish($1, $2, $3)";
        const char *params[] = { t->identity.task, t->identity.attempt, t->identity.token };
        int r;

        r = queue_foreach(&t->queue, add_block, t);
        if (r < 0)
                return r;
        return session_query(&t->session, "finish", sql, ELEMENTSOF(params), params, NULL);
}

int migrationd_task_finish(migrationd_task *t) {
        int r;

        r = session_begin(&t->session);
        if (r >= 0)
                r = write_finish(t);
        if (r >= 0)
                r = session_commit(&t->session);
        if (r < 0) {
                session_rollback(&t->session);
                return r;
        }
        if (t->total == 0)
                t->done = t->total = 1;
        notify_status(t, /* force= */ true);
        return 0;
}

int migrationd_task_exit_status(int error) {
        switch (error) {
        case 0:
                return MIGRATIOND_EXIT_COMPLETED;
        case -ESTALE:           /* not ours any more: no attempt is used up, the poll ignores the status */
        case -ECANCELED:
        case -ENOTCONN:
        case -ENOMEM:
                return MIGRATIOND_EXIT_TEMPFAIL;
        case -EINVAL:           /* the same arguments are wrong the next time too */
                return MIGRATIOND_EXIT_CONFIG;
        default:
                return MIGRATIOND_EXIT_FAILED;
        }
}
