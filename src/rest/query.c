/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/query.h"

#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "model/state.h"
#include "rest/route.h"

#define PLANS (1u << QUERY_PLANS)
#define REPORTS (1u << QUERY_REPORTS)
#define TASKS (1u << QUERY_TASKS)
#define LISTS (PLANS | REPORTS | TASKS)

void query_done(Query *q) {
        strv_free(q->states);
        free(q->step);
        free(q->name);
        *q = (Query){};
}

static int read_limit(Query *q, QueryKind kind, const char *value, const char **ret_reason) {
        *ret_reason = "A number from 1 to 1000 is needed.";
        return text_parse_u32(value, &q->limit) < 0 || q->limit < 1 || q->limit > QUERY_LIMIT_MAX ? -EINVAL : 0;
}

static int read_offset(Query *q, QueryKind kind, const char *value, const char **ret_reason) {
        *ret_reason = "A number from 0 to 4294967295 is needed.";
        return text_parse_u32(value, &q->offset) < 0 ? -EINVAL : 0;
}

static const struct {
        const char *word;
        const char *order, *descending; /* on the bus */
        unsigned kinds;
} orders[] = {
        { "pulp_created", "created", "-created", LISTS },
        { "started_at", "started", "-started", REPORTS | TASKS },
        { "finished_at", "finished", "-finished", REPORTS | TASKS },
        { "state", "state", "-state", REPORTS | TASKS },
        { "name", "name", "-name", PLANS | TASKS },
};

static int read_ordering(Query *q, QueryKind kind, const char *value, const char **ret_reason) {
        bool descending = value[0] == '-';

        *ret_reason = "A field that the list can be ordered by is needed, with - before it for the other direction.";
        for (size_t i = 0; i < ELEMENTSOF(orders); i++)
                if ((orders[i].kinds & (1u << kind)) && streq(orders[i].word, value + descending)) {
                        q->order = descending ? orders[i].descending : orders[i].order;
                        return 0;
                }
        return -EINVAL;
}

/* The words that answers have: all but paused, which Pulp does not know. */
static bool is_told(State s) {
        return s >= 0 && s != STATE_PAUSED && (state_is_of(STATE_OF_REPORT, s) || state_is_of(STATE_OF_TASK, s));
}

/* Adds what a word of Pulp's stands for in that list, maybe nothing. */
static int add_state(char ***states, QueryKind kind, State s) {
        StateObject object = kind == QUERY_TASKS ? STATE_OF_TASK : STATE_OF_REPORT;
        int r = 0;

        if (state_is_of(object, s))
                r = strv_append(states, state_to_string(s));
        if (r >= 0 && s == STATE_RUNNING && state_is_of(object, STATE_PAUSED))
                r = strv_append(states, state_to_string(STATE_PAUSED));
        return r;
}

static bool strv_contains(char *const *list, const char *s) {
        for (; list && *list; list++)
                if (streq(*list, s))
                        return true;
        return false;
}

/* Both state and state__in may be there: then what both have. */
static int take_states(Query *q, char **states) {
        _cleanup_(strv_freep) char **both = NULL;
        int r = 0;

        for (char **s = states; r >= 0 && s && *s; s++)
                if (!q->states || strv_contains(q->states, *s))
                        r = strv_append(&both, *s);
        if (r < 0)
                return r;
        strv_free(q->states);
        q->states = TAKE_PTR(both);
        q->nothing = q->nothing || !q->states;
        return 0;
}

static int read_states(Query *q, QueryKind kind, const char *value, const char *separator, const char **ret_reason) {
        _cleanup_(strv_freep) char **states = NULL;
        int r = 0;

        *ret_reason = "waiting, skipped, running, completed, failed, canceling or canceled is needed.";
        for (const char *p = value;; p++) {
                size_t n = strcspn(p, separator);
                char word[16] = "";
                State s;

                if (n < sizeof(word))
                        memcpy(word, p, n);
                s = state_from_string(word);
                if (!is_told(s))
                        return -EINVAL;
                r = add_state(&states, kind, s);
                if (r < 0)
                        return r;
                p += n;
                if (!*p)
                        return take_states(q, states);
        }
}

static int read_state(Query *q, QueryKind kind, const char *value, const char **ret_reason) {
        return read_states(q, kind, value, "", ret_reason);
}

static int read_state_in(Query *q, QueryKind kind, const char *value, const char **ret_reason) {
        return read_states(q, kind, value, ",", ret_reason);
}

/* Digits at *p, exactly n of them, within the range. */
static int take_number(const char **p, size_t n, int min, int max, int *ret) {
        int value = 0;

        for (size_t i = 0; i < n; i++, (*p)++) {
                if (**p < '0' || **p > '9')
                        return -EINVAL;
                value = value * 10 + (**p - '0');
        }
        if (value < min || value > max)
                return -EINVAL;
        *ret = value;
        return 0;
}

static int take_character(const char **p, const char *accept) {
        if (!**p || !strchr(accept, **p))
                return -EINVAL;
        (*p)++;
        return 0;
}

static int take_date(const char **p, struct tm *tm) {
        if (take_number(p, 4, 1970, 9999, &tm->tm_year) < 0 || take_character(p, "-") < 0 ||
            take_number(p, 2, 1, 12, &tm->tm_mon) < 0 || take_character(p, "-") < 0 ||
            take_number(p, 2, 1, 31, &tm->tm_mday) < 0)
                return -EINVAL;
        tm->tm_year -= 1900;
        tm->tm_mon--;
        return 0;
}

/* HH:MM[:SS[.FRACTION]]; *ret_usec: of the fraction. */
static int take_time(const char **p, struct tm *tm, uint64_t *ret_usec) {
        uint64_t unit = USEC_PER_SEC / 10;

        if (take_number(p, 2, 0, 23, &tm->tm_hour) < 0 || take_character(p, ":") < 0 ||
            take_number(p, 2, 0, 59, &tm->tm_min) < 0)
                return -EINVAL;
        if (take_character(p, ":") < 0)
                return 0;
        if (take_number(p, 2, 0, 60, &tm->tm_sec) < 0)
                return -EINVAL;
        if (take_character(p, ".,") < 0)
                return 0;
        if (**p < '0' || **p > '9')
                return -EINVAL;
        for (; **p >= '0' && **p <= '9'; (*p)++, unit /= 10)
                *ret_usec += (uint64_t) (**p - '0') * unit;
        return 0;
}

/* Z, or +HH:MM, where the colon may be left out. A plus that was not escaped arrives as a blank. */
static int take_zone(const char **p, int *ret_seconds) {
        int hours, minutes = 0, sign;

        *ret_seconds = 0;
        if (take_character(p, "Zz") >= 0)
                return 0;
        sign = **p == '-' ? -1 : 1;
        if (take_character(p, "+- ") < 0 || take_number(p, 2, 0, 23, &hours) < 0)
                return -EINVAL;
        (void) take_character(p, ":");
        if (**p && take_number(p, 2, 0, 59, &minutes) < 0)
                return -EINVAL;
        *ret_seconds = sign * (hours * 3600 + minutes * 60);
        return 0;
}

int query_parse_time(const char *s, bool end, uint64_t *ret_usec) {
        struct tm tm = {};
        uint64_t usec = 0;
        int day, zone = 0;
        time_t seconds;

        if (take_date(&s, &tm) < 0)
                return -EINVAL;
        if (!*s && end) {
                tm.tm_hour = 23;
                tm.tm_min = tm.tm_sec = 59;
                usec = USEC_PER_SEC - 1;
        } else if (*s &&
                   (take_character(&s, "Tt ") < 0 || take_time(&s, &tm, &usec) < 0 || take_zone(&s, &zone) < 0 || *s))
                return -EINVAL;
        /* A day that the month does not have becomes one of the next. */
        day = tm.tm_mday;
        seconds = timegm(&tm);
        if ((tm.tm_sec < 59 && tm.tm_mday != day) || seconds - zone < 0)
                return -EINVAL;
        *ret_usec = (uint64_t) (seconds - zone) * USEC_PER_SEC + usec;
        return 0;
}

static int read_created_from(Query *q, QueryKind kind, const char *value, const char **ret_reason) {
        *ret_reason = "A date, or a date and time with Z or an offset, is needed.";
        return query_parse_time(value, /* end= */ false, &q->created_from_usec);
}

static int read_created_to(Query *q, QueryKind kind, const char *value, const char **ret_reason) {
        *ret_reason = "A date, or a date and time with Z or an offset, is needed.";
        return query_parse_time(value, /* end= */ true, &q->created_to_usec);
}

static int read_report(Query *q, QueryKind kind, const char *value, const char **ret_reason) {
        *ret_reason = "The href or the number of a migration report is needed.";
        q->report = route_parse_href(value, "migrationreport/");
        return q->report == 0 ? -EINVAL : 0;
}

static int read_code(Query *q, QueryKind kind, const char *value, const char **ret_reason) {
        *ret_reason = "The code of a step is needed.";
        if (!text_is_name(value))
                return -EINVAL;
        q->step = strdup(value);
        return q->step ? 0 : -ENOMEM;
}

static int read_name(Query *q, QueryKind kind, const char *value, const char **ret_reason) {
        *ret_reason = "A plan's name is needed.";
        if (!*value || strlen(value) > NAME_LENGTH_MAX)
                return -EINVAL;
        q->name = strdup(value);
        return q->name ? 0 : -ENOMEM;
}

#define TIME_SCHEMA "{\"type\": \"string\"}"
static const QueryParameter parameters[] = {
        { "limit", "{\"type\": \"integer\", \"minimum\": 1, \"maximum\": 1000, \"default\": 100}",
          "How many, at most", LISTS, read_limit },
        { "offset", "{\"type\": \"integer\", \"minimum\": 0, \"default\": 0}", "How many are left out before", LISTS,
          read_offset },
        { "ordering", "{\"type\": \"string\"}", "A field to order by; with - before it descending", LISTS,
          read_ordering },
        { "state", "{\"$ref\": \"#/components/schemas/State\"}", "Only those in this state", REPORTS | TASKS,
          read_state },
        { "state__in", "{\"type\": \"string\"}", "Only those in one of these states, which commas separate",
          REPORTS | TASKS, read_state_in },
        { "pulp_created__gte", TIME_SCHEMA, "Not created before this date, or date and time", LISTS,
          read_created_from },
        { "pulp_created__lte", TIME_SCHEMA, "Not created after this date, or date and time", LISTS, read_created_to },
        { "migration_report", "{\"type\": \"string\"}", "Only those of this report: its href or number", TASKS,
          read_report },
        { "code", "{\"type\": \"string\"}", "Only those of the step with this code", TASKS, read_code },
        { "name", "{\"type\": \"string\"}", "Only the one of this name", PLANS, read_name },
};

const QueryParameter *query_parameters(size_t *ret_n) {
        *ret_n = ELEMENTSOF(parameters);
        return parameters;
}

static const QueryParameter *find_parameter(QueryKind kind, const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(parameters); i++)
                if ((parameters[i].kinds & (1u << kind)) && streq(parameters[i].name, name))
                        return &parameters[i];
        return NULL;
}

int query_read(QueryKind kind, const Target *t, Query *ret, const char **ret_name, const char **ret_reason) {
        _cleanup_(query_done) Query q = { .limit = QUERY_LIMIT_DEFAULT, .created_to_usec = UINT64_MAX };
        int r;

        if (t->repeated) {
                *ret_name = t->repeated;
                *ret_reason = "This parameter is given twice.";
                return -EINVAL;
        }
        for (size_t i = 0; i < t->n; i++) {
                const QueryParameter *p = find_parameter(kind, t->parameters[i].name);

                *ret_name = t->parameters[i].name;
                *ret_reason = "There is no such parameter here.";
                r = p ? p->read(&q, kind, t->parameters[i].value, ret_reason) : -EINVAL;
                if (r < 0)
                        return r;
        }
        *ret = q;
        q = (Query){};
        return 0;
}

void query_filters(const Query *q, ClientOption *ret, size_t *ret_n) {
        size_t n = 0;

        /* An empty list of ids is no row. */
        if (q->nothing || q->by_id)
                ret[n++] = (ClientOption){
                        .key = "ids", .type = 'i', .ids = &q->id, .number = !q->nothing && q->id > 0
                };
        if (q->states)
                ret[n++] = (ClientOption){ .key = "states", .type = 'a', .list = q->states };
        if (q->created_from_usec > 0)
                ret[n++] = (ClientOption){ .key = "created_from_usec", .type = 't', .number = q->created_from_usec };
        if (q->created_to_usec < UINT64_MAX)
                ret[n++] = (ClientOption){ .key = "created_to_usec", .type = 't', .number = q->created_to_usec };
        if (q->report > 0)
                ret[n++] = (ClientOption){ .key = "report", .type = 'u', .number = q->report };
        if (q->step)
                ret[n++] = (ClientOption){ .key = "step", .type = 's', .text = q->step };
        *ret_n = n;
}
