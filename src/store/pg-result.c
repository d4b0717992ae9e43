/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Results: errors as a PgError, columns by name. */

#include <assert.h>

#include "base/text.h"
#include "store/pg-client-internal.h"

char *pg_one_line(const char *text) {
        char *line, *p;

        line = p = malloc(strlen(text) + 1);
        if (!line)
                return NULL;

        /* Runs of blanks and control characters become one blank; none at the ends. */
        for (; *text; text++)
                if ((unsigned char) *text > ' ' && *text != 0x7f)
                        *p++ = *text;
                else if (p > line && p[-1] != ' ')
                        *p++ = ' ';
        if (p > line && p[-1] == ' ')
                p--;
        *p = '\0';
        return line;
}

bool pg_result_ok(const PGresult *res) {
        ExecStatusType status = PQresultStatus(res);

        return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

/* In a script the server counts characters from its beginning; a person wants the line. 0: not known. */
static unsigned script_error_line(const Statement *s) {
        const char *position = PQresultErrorField(s->res, PG_DIAG_STATEMENT_POSITION);
        unsigned long character;
        unsigned line = 1;

        if (!s->script || !position)
                return 0;

        character = strtoul(position, NULL, 10);
        for (const char *p = s->text; *p && character > 1; p++) {
                if (*p == '\n')
                        line++;
                if ((p[1] & 0xc0) != 0x80)
                        character--;
        }
        return line;
}

void pg_result_error(const Statement *s, PgError *ret, char **ret_message) {
        const char *sqlstate = PQresultErrorField(s->res, PG_DIAG_SQLSTATE);
        const char *constraint = PQresultErrorField(s->res, PG_DIAG_CONSTRAINT_NAME);
        const char *primary = PQresultErrorField(s->res, PG_DIAG_MESSAGE_PRIMARY);
        _cleanup_(freep) char *text = NULL;
        unsigned line = script_error_line(s);

        /* Without the field it is libpq itself that speaks. */
        if (!primary)
                primary = PQresultErrorMessage(s->res);

        text = line > 0 ? text_format("%s line %u: %s", s->name, line, primary)
                        : text_format("%s: %s", s->name, primary);
        *ret_message = text ? pg_one_line(text) : NULL;
        *ret = (PgError){
                .error = -EIO,
                .sqlstate = sqlstate ?: "",
                .constraint = constraint ?: "",
                .message = *ret_message ?: s->name,
        };
}

static const char *get_value(PGresult *res, int row, const char *column) {
        int n = PQfnumber(res, column);

        assert(n >= 0);
        assert(row >= 0 && row < PQntuples(res));
        return PQgetisnull(res, row, n) ? NULL : PQgetvalue(res, row, n);
}

const char *pg_get_text(PGresult *res, int row, const char *column, const char *fallback) {
        return get_value(res, row, column) ?: fallback;
}

int64_t pg_get_i64(PGresult *res, int row, const char *column, int64_t fallback) {
        const char *value = get_value(res, row, column);

        return value ? strtoll(value, NULL, 10) : fallback;
}

bool pg_get_bool(PGresult *res, int row, const char *column) {
        const char *value = get_value(res, row, column);

        return value && value[0] == 't';
}
