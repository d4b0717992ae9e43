/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config/settings-throttle.h"

#include "base/text.h"

/* PID 1 starts a unit at most five times in ten seconds: systemd-system.conf(5), DefaultStartLimitBurst=. */
#define INTERVAL_USEC_MIN (3 * USEC_PER_SEC)
#define INTERVAL_USEC_MAX (3600 * USEC_PER_SEC)
#define INTERVAL_USEC_DEFAULT (5 * USEC_PER_SEC)

/* Of names of units: systemd.unit(5). */
#define UNIT_NAME_BYTES_MAX 255

/* "80%", without the sign as well; an empty value takes it back. */
static int set_percent(uint32_t *p, const char *value, char **ret_reason) {
        size_t length = strspn(value, "0123456789");
        char digits[4] = {};
        uint32_t n = 0;

        if (length > 3 || (value[length] && !streq(value + length, "%")) || (*value && length == 0))
                return text_error(ret_reason, -EINVAL, "\"%.64s\" is not a share, such as \"80%%\"", value);
        memcpy(digits, value, length);
        if (length > 0 && (text_parse_u32(digits, &n) < 0 || n < 1 || n > 99))
                return text_error(ret_reason, -EINVAL, "\"%.64s\" is not from 1%% to 99%%", value);
        *p = n;
        return 0;
}

int throttle_set_cpu(Settings *s, const char *value, char **ret_reason) {
        return set_percent(&s->throttle.pressure_percent[PRESSURE_CPU], value, ret_reason);
}

int throttle_set_io(Settings *s, const char *value, char **ret_reason) {
        return set_percent(&s->throttle.pressure_percent[PRESSURE_IO], value, ret_reason);
}

int throttle_set_memory(Settings *s, const char *value, char **ret_reason) {
        return set_percent(&s->throttle.pressure_percent[PRESSURE_MEMORY], value, ret_reason);
}

static int set_unit(char **p, const char *value, const char *const *suffixes, char **ret_reason) {
        static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.\\-@";
        size_t length = strlen(value);
        bool good = length == 0;
        char *copy;

        for (; *suffixes && !good; suffixes++)
                good = length > strlen(*suffixes) && length <= UNIT_NAME_BYTES_MAX &&
                       streq(value + length - strlen(*suffixes), *suffixes) && strspn(value, allowed) == length;
        if (!good)
                return text_error(ret_reason, -EINVAL, "\"%.64s\" is not the name of such a unit", value);
        copy = strdup(value);
        if (!copy)
                return -ENOMEM;
        free(*p);
        *p = copy;
        return 0;
}

int throttle_set_pressure_unit(Settings *s, const char *value, char **ret_reason) {
        return set_unit(&s->throttle.pressure_unit, value,
                        (const char *const[]){ ".service", ".slice", ".scope", NULL }, ret_reason);
}

int throttle_set_check_unit(Settings *s, const char *value, char **ret_reason) {
        return set_unit(&s->throttle.check_unit, value, (const char *const[]){ ".service", NULL }, ret_reason);
}

int throttle_set_connections(Settings *s, const char *value, char **ret_reason) {
        uint32_t n = 0;

        if (*value && text_parse_u32(value, &n) < 0)
                return text_error(ret_reason, -EINVAL, "\"%.64s\" is not a number of connections", value);
        s->throttle.connections = n;
        return 0;
}

int throttle_set_interval(Settings *s, const char *value, char **ret_reason) {
        usec_t usec;

        if (text_parse_usec(value, &usec) < 0 || usec < INTERVAL_USEC_MIN || usec > INTERVAL_USEC_MAX)
                return text_error(ret_reason, -EINVAL, "\"%.64s\" is not a time span from 3s to 1h", value);
        s->throttle.interval_usec = usec;
        return 0;
}

int throttle_take_defaults(ThrottleSettings *t) {
        t->interval_usec = INTERVAL_USEC_DEFAULT;
        t->pressure_unit = strdup("");
        t->check_unit = strdup("");
        return t->pressure_unit && t->check_unit ? 0 : -ENOMEM;
}

void throttle_done(ThrottleSettings *t) {
        free(t->pressure_unit);
        free(t->check_unit);
}
