/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bus/option.h"

#include <assert.h>

#include "base/text.h"
#include "bus/error.h"

/* Keys a method may have at most; the bit mask below holds them. */
#define OPTIONS_MAX 32

static int find_key(const BusOption *table, const char *key) {
        for (int i = 0; table[i].key; i++) {
                assert(i < OPTIONS_MAX);
                if (streq(table[i].key, key))
                        return i;
        }
        return -ENOENT;
}

static int read_numbers(sd_bus_message *m, BusNumbers *ret) {
        const void *values;
        size_t size;
        int r;

        r = sd_bus_message_read_array(m, 'u', &values, &size);
        if (r < 0)
                return r;
        *ret = (BusNumbers){ .values = values, .n = size / sizeof(uint32_t) };
        return 0;
}

static int read_value(sd_bus_message *m, const BusOption *option, sd_bus_error *error) {
        const char *contents;
        char type;
        int r;

        r = sd_bus_message_peek_type(m, &type, &contents);
        if (r < 0)
                return r;
        if (!streq(contents, option->signature))
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Option '%s' has a value of type '%s', not '%s'",
                                     option->key, contents, option->signature);
        r = sd_bus_message_enter_container(m, 'v', contents);
        if (r < 0)
                return r;
        if (streq(option->signature, "as"))
                r = sd_bus_message_read_strv(m, option->target);
        else if (streq(option->signature, "au"))
                r = read_numbers(m, option->target);
        else
                r = sd_bus_message_read_basic(m, option->signature[0], option->target);
        if (r < 0)
                return r;
        if (option->given)
                *option->given = true;
        return sd_bus_message_exit_container(m);
}

int bus_options_read(sd_bus_message *m, const BusOption *table, sd_bus_error *error) {
        uint32_t seen = 0;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                const char *key;
                int i;

                r = sd_bus_message_read_basic(m, 's', &key);
                if (r < 0)
                        return r;
                i = find_key(table, key);
                if (i < 0)
                        return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Unknown option '%s'", key);
                if (seen & (UINT32_C(1) << i))
                        return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Option '%s' is given twice", key);
                seen |= UINT32_C(1) << i;
                r = read_value(m, &table[i], error);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        r = sd_bus_message_exit_container(m);
        return r < 0 ? r : 0;
}
