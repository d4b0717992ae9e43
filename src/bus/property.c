/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bus/property.h"

#include <stdlib.h>

#include "base/text.h"

const BusProperty *bus_property_find(const BusProperty *table, const char *name) {
        for (const BusProperty *p = table; p->name; p++)
                if (streq(p->name, name))
                        return p;
        return NULL;
}

/* The columns come from our own queries: a value that does not fit is a bug, and is refused rather than cut. */
static int append_number(sd_bus_message *m, char type, const char *text) {
        char *end = NULL;

        if (!*text)
                text = "0";
        errno = 0;
        if (type == 't') {
                uint64_t v = strtoull(text, &end, 10);

                return errno || *end || *text == '-' ? -ERANGE : sd_bus_message_append_basic(m, 't', &v);
        }
        int64_t v = strtoll(text, &end, 10);

        if (errno || *end)
                return -ERANGE;
        if (type == 'i') {
                int32_t i = (int32_t) v;

                return i == v ? sd_bus_message_append_basic(m, 'i', &i) : -ERANGE;
        }
        uint32_t u = (uint32_t) v;

        return u == v ? sd_bus_message_append_basic(m, 'u', &u) : -ERANGE;
}

static int append_value(sd_bus_message *m, const BusProperty *p, const BusRow *row) {
        const char *text;

        if (p->append)
                return p->append(m, row, p);
        text = pg_get_text(row->result, row->row, p->column, p->fallback ?: "");
        if (p->signature[0] == 's')
                return sd_bus_message_append_basic(m, 's', text);
        return append_number(m, p->signature[0], text);
}

int bus_property_append(sd_bus_message *m, const BusProperty *p, const BusRow *row) {
        int r;

        r = sd_bus_message_open_container(m, 'v', p->signature);
        if (r < 0)
                return r;
        r = append_value(m, p, row);
        if (r < 0)
                return r;
        return sd_bus_message_close_container(m);
}

static int append_entry(sd_bus_message *m, const BusProperty *p, const BusRow *row) {
        int r;

        r = sd_bus_message_open_container(m, 'e', "sv");
        if (r < 0)
                return r;
        r = sd_bus_message_append_basic(m, 's', p->name);
        if (r < 0)
                return r;
        r = bus_property_append(m, p, row);
        if (r < 0)
                return r;
        return sd_bus_message_close_container(m);
}

int bus_properties_append_with(sd_bus_message *m, const BusProperty *table, const BusProperty *extra,
                               const BusRow *row, BusPropertyFlags without) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        for (const BusProperty *p = table; p->name; p++) {
                if (p->flags & without)
                        continue;
                r = append_entry(m, p, row);
                if (r < 0)
                        return r;
        }
        r = extra ? append_entry(m, extra, row) : 0;
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int bus_properties_append(sd_bus_message *m, const BusProperty *table, const BusRow *row, BusPropertyFlags without) {
        return bus_properties_append_with(m, table, NULL, row, without);
}

static bool has_changed(const BusProperty *p, const BusRow *before, const BusRow *now) {
        if (!(p->flags & BUS_PROPERTY_CHANGES))
                return false;
        return !before || !streq(pg_get_text(before->result, before->row, p->column, ""),
                                 pg_get_text(now->result, now->row, p->column, ""));
}

static int append_changed(sd_bus_message *m, const BusProperty *table, const BusRow *before, const BusRow *now) {
        int r, n = 0;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        for (const BusProperty *p = table; p->name; p++) {
                if (!has_changed(p, before, now))
                        continue;
                r = append_entry(m, p, now);
                if (r < 0)
                        return r;
                n++;
        }
        r = sd_bus_message_close_container(m);
        return r < 0 ? r : n;
}

int bus_properties_emit_changed(sd_bus *bus, const char *path, const char *interface, const BusProperty *table,
                                const BusRow *before, const BusRow *now) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_signal(bus, &m, path, "org.freedesktop.DBus.Properties", "PropertiesChanged");
        if (r < 0)
                return r;
        r = sd_bus_message_append_basic(m, 's', interface);
        if (r < 0)
                return r;
        r = append_changed(m, table, before, now);
        if (r <= 0)
                return r;
        r = sd_bus_message_append(m, "as", /* invalidated: */ 0);
        if (r < 0)
                return r;
        return sd_bus_send(bus, m, NULL);
}

size_t bus_row_size(const BusRow *row) {
        /* Key, signatures, lengths and padding of one entry. */
        static const size_t entry_bytes = 48;
        size_t size = 0;

        for (int i = 0; i < PQnfields(row->result); i++)
                size += entry_bytes + (size_t) PQgetlength(row->result, row->row, i);
        return size;
}

static int getter_unreachable(sd_bus *bus, const char *path, const char *interface, const char *property,
                              sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        return sd_bus_error_setf(error, SD_BUS_ERROR_FAILED, "Property %s has no synchronous value", property);
}

static uint64_t vtable_flags(const BusProperty *p) {
        if (p->flags & BUS_PROPERTY_CONST)
                return SD_BUS_VTABLE_PROPERTY_CONST;
        return p->flags & BUS_PROPERTY_CHANGES ? SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE : 0;
}

int bus_vtable_new(const sd_bus_vtable *members, const BusProperty *table, sd_bus_vtable **ret) {
        sd_bus_vtable *vtable;
        size_t n_members = 0, n_properties = 0;

        while (members[n_members].type != _SD_BUS_VTABLE_END)
                n_members++;
        while (table[n_properties].name)
                n_properties++;
        vtable = calloc(n_members + n_properties + 1, sizeof(sd_bus_vtable));
        if (!vtable)
                return -ENOMEM;
        memcpy(vtable, members, n_members * sizeof(sd_bus_vtable));
        for (size_t i = 0; i < n_properties; i++)
                vtable[n_members + i] = (sd_bus_vtable) SD_BUS_PROPERTY(
                        table[i].name, table[i].signature, getter_unreachable, 0, vtable_flags(&table[i]));
        vtable[n_members + n_properties] = (sd_bus_vtable) SD_BUS_VTABLE_END;
        *ret = vtable;
        return 0;
}
