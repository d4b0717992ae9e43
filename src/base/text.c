/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

char *text_format(const char *format, ...) {
        va_list ap;
        char *s = NULL;

        va_start(ap, format);
        if (vasprintf(&s, format, ap) < 0)
                s = NULL;
        va_end(ap);
        return s;
}

int text_error(char **p, int error, const char *format, ...) {
        va_list ap;
        char *s;

        if (!p || *p)
                return error;

        va_start(ap, format);
        if (vasprintf(&s, format, ap) >= 0)
                *p = s;
        va_end(ap);
        return error;
}

char **strv_free(char **v) {
        for (char **i = v; i && *i; i++)
                free(*i);
        free(v);
        return NULL;
}

size_t strv_length(char *const *v) {
        size_t n = 0;

        while (v && v[n])
                n++;
        return n;
}

char **strv_copy(char *const *v) {
        _cleanup_(strv_freep) char **copy = NULL;

        copy = calloc(strv_length(v) + 1, sizeof(char *));
        if (!copy)
                return NULL;
        for (size_t i = 0; v && v[i]; i++) {
                copy[i] = strdup(v[i]);
                if (!copy[i])
                        return NULL;
        }
        return TAKE_PTR(copy);
}

int strv_append(char ***v, const char *s) {
        _cleanup_(freep) char *copy = NULL;
        size_t n = strv_length(*v);
        char **grown;

        copy = strdup(s);
        if (!copy)
                return -ENOMEM;
        grown = reallocarray(*v, n + 2, sizeof(char *));
        if (!grown)
                return -ENOMEM;
        grown[n] = TAKE_PTR(copy);
        grown[n + 1] = NULL;
        *v = grown;
        return 0;
}

int text_parse_u64(const char *s, uint64_t *ret) {
        uint64_t value = 0;

        if (!*s)
                return -EINVAL;
        for (; *s; s++) {
                if (*s < '0' || *s > '9')
                        return -EINVAL;
                if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
                    __builtin_add_overflow(value, (uint64_t) (*s - '0'), &value))
                        return -ERANGE;
        }
        *ret = value;
        return 0;
}

int text_parse_u32(const char *s, uint32_t *ret) {
        uint64_t value;
        int r;

        r = text_parse_u64(s, &value);
        if (r < 0)
                return r;
        if (value > UINT32_MAX)
                return -ERANGE;
        *ret = (uint32_t) value;
        return 0;
}

static const struct {
        const char *suffix;
        usec_t usec;
} units[] = {
        /* Largest first for formatting; parsing compares whole words, so the order does not matter there. */
        { "w", 7 * 24 * 3600 * USEC_PER_SEC },
        { "d", 24 * 3600 * USEC_PER_SEC },
        { "h", 3600 * USEC_PER_SEC },
        { "min", 60 * USEC_PER_SEC },
        { "s", USEC_PER_SEC },
        { "ms", USEC_PER_MSEC },
        { "us", 1 },
};

static int unit_from_text(const char *s, size_t length, usec_t *ret) {
        if (length == 0) {
                *ret = USEC_PER_SEC;
                return 0;
        }
        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                if (strlen(units[i].suffix) == length && strncmp(units[i].suffix, s, length) == 0) {
                        *ret = units[i].usec;
                        return 0;
                }
        return -EINVAL;
}

int text_parse_usec(const char *s, usec_t *ret) {
        usec_t sum = 0;

        if (streq(s, "infinity")) {
                *ret = USEC_INFINITY;
                return 0;
        }
        s += strspn(s, " ");
        if (!*s)
                return -EINVAL;
        while (*s) {
                size_t digits = strspn(s, "0123456789"), letters;
                char number[21];
                uint64_t value;
                usec_t unit;
                int r;

                if (digits == 0 || digits >= sizeof(number))
                        return digits == 0 ? -EINVAL : -ERANGE;
                memcpy(number, s, digits);
                number[digits] = 0;
                r = text_parse_u64(number, &value);
                if (r < 0)
                        return r;
                s += digits;
                s += strspn(s, " ");
                letters = strspn(s, "abcdefghijklmnopqrstuvwxyz");
                r = unit_from_text(s, letters, &unit);
                if (r < 0)
                        return r;
                s += letters;
                s += strspn(s, " ");
                if (__builtin_mul_overflow(value, unit, &value) || __builtin_add_overflow(sum, value, &sum))
                        return -ERANGE;
        }
        *ret = sum;
        return 0;
}

char *text_format_usec(usec_t usec) {
        if (usec == USEC_INFINITY)
                return strdup("infinity");
        for (size_t i = 0; i < ELEMENTSOF(units); i++) {
                uint64_t head, tail = 0;

                if (usec < units[i].usec)
                        continue;
                head = usec / units[i].usec;
                /* Two units are enough for a person; below a second one is. */
                if (units[i].usec > USEC_PER_SEC)
                        tail = usec % units[i].usec / units[i + 1].usec;
                if (tail > 0)
                        return text_format("%" PRIu64 "%s %" PRIu64 "%s", head, units[i].suffix, tail,
                                           units[i + 1].suffix);
                return text_format("%" PRIu64 "%s", head, units[i].suffix);
        }
        return strdup("0");
}

int text_parse_bytes(const char *s, uint64_t *ret) {
        static const char prefix[] = "KMGT";
        size_t digits = strspn(s, "0123456789");
        const char *letter = s[digits] ? strchr(prefix, s[digits]) : NULL;
        char number[21];
        uint64_t value;
        int r;

        if (digits == 0 || (s[digits] && (!letter || s[digits + 1])))
                return -EINVAL;
        if (digits >= sizeof(number))
                return -ERANGE;
        memcpy(number, s, digits);
        number[digits] = 0;
        r = text_parse_u64(number, &value);
        if (r < 0)
                return r;
        if (letter && __builtin_mul_overflow(value, UINT64_C(1) << 10 * (letter - prefix + 1), &value))
                return -ERANGE;
        *ret = value;
        return 0;
}

char *text_format_bytes(uint64_t bytes) {
        static const char prefix[] = "BKMGTPE";
        double value = (double) bytes;
        size_t i = 0;

        while (value >= 1024 && i + 1 < strlen(prefix)) {
                value /= 1024;
                i++;
        }
        return i == 0 ? text_format("%" PRIu64 "B", bytes) : text_format("%.1f%c", value, prefix[i]);
}

bool text_is_name(const char *s) {
        size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");

        return n > 0 && n <= NAME_LENGTH_MAX && s[n] == 0;
}
