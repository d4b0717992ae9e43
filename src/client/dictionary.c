/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/dictionary.h"

#include "base/text.h"

static int read_text(sd_bus_message *m, char type, char **member) {
        const char *value;
        char *copy;
        int r;

        r = sd_bus_message_read_basic(m, type, &value);
        if (r < 0)
                return r;
        copy = strdup(value);
        if (!copy)
                return -ENOMEM;
        free(*member);
        *member = copy;
        return 0;
}

static int read_member(sd_bus_message *m, const DictionaryField *f, void *member) {
        int r, flag;

        if (f->read)
                return f->read(m, member);
        switch (f->type[0]) {
        case SD_BUS_TYPE_STRING:
        case SD_BUS_TYPE_OBJECT_PATH:
                return read_text(m, f->type[0], member);
        case SD_BUS_TYPE_BOOLEAN:
                r = sd_bus_message_read_basic(m, SD_BUS_TYPE_BOOLEAN, &flag);
                if (r >= 0)
                        *(bool *) member = flag;
                return r;
        default:
                return sd_bus_message_read_basic(m, f->type[0], member);
        }
}

static const DictionaryField *find_field(const DictionaryField *fields, size_t n, const char *key) {
        for (size_t i = 0; i < n; i++)
                if (streq(fields[i].key, key))
                        return &fields[i];
        return NULL;
}

/* At a dict entry's content: key and variant. */
static int read_entry(sd_bus_message *m, const DictionaryField *fields, size_t n, void *target,
                      sd_bus_error *ret_error) {
        const DictionaryField *f;
        const char *key, *type;
        int r;

        r = sd_bus_message_read_basic(m, SD_BUS_TYPE_STRING, &key);
        if (r < 0)
                return r;
        f = find_field(fields, n, key);
        if (!f)
                return sd_bus_message_skip(m, "v");

        r = sd_bus_message_peek_type(m, NULL, &type);
        if (r < 0)
                return r;
        if (!streq(type, f->type))
                return sd_bus_error_setf(ret_error, SD_BUS_ERROR_INCONSISTENT_MESSAGE,
                                         "The service sends %s as \"%s\", expected \"%s\"", key, type,
                                         f->type);
        r = sd_bus_message_enter_container(m, SD_BUS_TYPE_VARIANT, f->type);
        if (r < 0)
                return r;
        r = read_member(m, f, (char *) target + f->offset);
        if (r < 0)
                return r;
        return sd_bus_message_exit_container(m);
}

int dictionary_read(sd_bus_message *m, const DictionaryField *fields, size_t n, void *target,
                    sd_bus_error *ret_error) {
        int r;

        r = sd_bus_message_enter_container(m, SD_BUS_TYPE_ARRAY, "{sv}");
        if (r < 0)
                return sd_bus_error_set_errno(ret_error, r);
        while ((r = sd_bus_message_enter_container(m, SD_BUS_TYPE_DICT_ENTRY, "sv")) > 0) {
                r = read_entry(m, fields, n, target, ret_error);
                if (r < 0)
                        return ret_error && ret_error->name ? r : sd_bus_error_set_errno(ret_error, r);
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        break;
        }
        if (r < 0)
                return sd_bus_error_set_errno(ret_error, r);
        r = sd_bus_message_exit_container(m);
        return r < 0 ? sd_bus_error_set_errno(ret_error, r) : 0;
}
