/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bus/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "bus/object.h"

static const struct {
        const char *name;
        const char *text;
} table[_BUS_ERROR_MAX] = {
#define ERROR(symbol, bus_name, number, exit_code, default_text) \
        [BUS_ERROR_##symbol] = { BUS_NAME ".Error." bus_name, default_text },
#include "model/errors.def"
#undef ERROR
};

static const sd_bus_error_map map[] = {
#define ERROR(symbol, name, number, exit_code, text) SD_BUS_ERROR_MAP(BUS_NAME ".Error." name, number),
#include "model/errors.def"
#undef ERROR
        SD_BUS_ERROR_MAP_END
};

/* Constraints of the schema that a caller's request can violate, whatever was looked at before. */
static const struct {
        const char *constraint;
        BusError code;
} constraints[] = {
        { "report_unfinished", BUS_ERROR_MIGRATION_RUNNING },
        { "plan_name_key", BUS_ERROR_PLAN_EXISTS },
        { "report_plan_id_fkey", BUS_ERROR_NO_SUCH_PLAN },
};

int bus_error_register(void) {
        return sd_bus_error_add_map(map);
}

const char *bus_error_name(BusError code) {
        return table[code].name;
}

/* Length of the well-formed sequence at s, 0: there is none. Unicode standard, table 3-7. */
static size_t utf8_length(const unsigned char *s) {
        unsigned char low = 0x80, high = 0xbf;
        size_t n;

        if (s[0] < 0x80)
                return 1;
        if (s[0] < 0xc2 || s[0] > 0xf4)
                return 0;
        n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
        if (s[0] == 0xe0)
                low = 0xa0;
        else if (s[0] == 0xed)
                high = 0x9f;
        else if (s[0] == 0xf0)
                low = 0x90;
        else if (s[0] == 0xf4)
                high = 0x8f;
        if (s[1] < low || s[1] > high)
                return 0;
        for (size_t i = 2; i < n; i++)
                if (s[i] < 0x80 || s[i] > 0xbf)
                        return 0;
        return n;
}

char *bus_text_make_valid(char *s) {
        for (char *p = s; *p;) {
                size_t n = utf8_length((const unsigned char *) p);

                if (n == 0)
                        *p = '?';
                p += MAX(n, (size_t) 1);
        }
        return s;
}

int bus_error_set(sd_bus_error *e, BusError code, const char *format, ...) {
        _cleanup_(freep) char *message = NULL;
        va_list ap;

        if (!format)
                return sd_bus_error_set(e, table[code].name, table[code].text);
        va_start(ap, format);
        if (vasprintf(&message, format, ap) < 0)
                message = NULL;
        va_end(ap);
        return sd_bus_error_set(e, table[code].name, message ? bus_text_make_valid(message) : table[code].text);
}

static int set_unavailable(sd_bus_error *e, const char *reason, const char *consequence, const char *hint) {
        return bus_error_set(e, BUS_ERROR_STORE_UNAVAILABLE, "The database is not reachable: %s%s; see '%s'", reason,
                             consequence, hint);
}

int bus_error_set_store(sd_bus_error *e, const PgError *failure, const char *connection, const char *hint) {
        _cleanup_(freep) char *text = NULL;
        static const char unsure[] = " (the request may or may not have been carried out: look before you repeat it)";

        if (failure->error == -ENOTCONN)
                return set_unavailable(e, *connection ? connection : failure->message, "", hint);
        if (failure->error == -ECONNRESET || failure->error == -ETIMEDOUT)
                return set_unavailable(e, failure->message, unsure, hint);
        for (size_t i = 0; i < ELEMENTSOF(constraints); i++)
                if (streq(failure->constraint, constraints[i].constraint))
                        return bus_error_set(e, constraints[i].code, NULL);
        /* 08: connection, 57P: the server is shutting down or starting up. PostgreSQL manual, appendix A. */
        if (startswith(failure->sqlstate, "08") || startswith(failure->sqlstate, "57P"))
                return set_unavailable(e, failure->message, unsure, hint);
        if (failure->error == -ECANCELED)
                return sd_bus_error_set(e, SD_BUS_ERROR_NO_REPLY, "The service is stopping");
        text = text_format("The database refused the request: %s (SQLSTATE %s)", failure->message,
                           *failure->sqlstate ? failure->sqlstate : "none");
        return sd_bus_error_set(e, SD_BUS_ERROR_FAILED,
                                text ? bus_text_make_valid(text) : "The database refused the request");
}
