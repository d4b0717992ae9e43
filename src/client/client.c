/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/client.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/text.h"

int client_connect(Client *c) {
        client_disconnect(c);
        switch (c->transport) {
        case CLIENT_HOST:
                return sd_bus_open_system_remote(&c->bus, c->host);
        case CLIENT_MACHINE:
                return sd_bus_open_system_machine(&c->bus, c->host);
        case CLIENT_LOCAL:
                break;
        }
        return sd_bus_open_system(&c->bus);
}

void client_disconnect(Client *c) {
        c->bus = sd_bus_close_unref(c->bus);
}

int client_message(Client *c, const char *path, const char *interface, const char *member,
                   sd_bus_message **ret) {
        return sd_bus_message_new_method_call(c->bus, ret, CLIENT_SERVICE, path, interface, member);
}

static int append_value(sd_bus_message *m, const ClientOption *o) {
        uint32_t number = (uint32_t) o->number;
        int flag = o->number != 0, r;

        switch (o->type) {
        case 's':
                return sd_bus_message_append(m, "v", "s", o->text);
        case 'u':
                return sd_bus_message_append(m, "v", "u", number);
        case 't':
                return sd_bus_message_append(m, "v", "t", o->number);
        case 'b':
                return sd_bus_message_append(m, "v", "b", flag);
        case 'i':
                r = sd_bus_message_open_container(m, SD_BUS_TYPE_VARIANT, "au");
                if (r < 0)
                        return r;
                r = sd_bus_message_append_array(m, SD_BUS_TYPE_UINT32, o->ids, o->number * sizeof(uint32_t));
                if (r < 0)
                        return r;
                return sd_bus_message_close_container(m);
        case 'a':
                r = sd_bus_message_open_container(m, SD_BUS_TYPE_VARIANT, "as");
                if (r < 0)
                        return r;
                r = sd_bus_message_append_strv(m, (char **) o->list);
                if (r < 0)
                        return r;
                return sd_bus_message_close_container(m);
        default:
                return -EINVAL;
        }
}

int client_append_options(sd_bus_message *m, const ClientOption *options, size_t n) {
        int r;

        r = sd_bus_message_open_container(m, SD_BUS_TYPE_ARRAY, "{sv}");
        if (r < 0)
                return r;
        for (size_t i = 0; i < n; i++) {
                if (options[i].type == 0)
                        continue;
                r = sd_bus_message_open_container(m, SD_BUS_TYPE_DICT_ENTRY, "sv");
                if (r < 0)
                        return r;
                r = sd_bus_message_append(m, "s", options[i].key);
                if (r < 0)
                        return r;
                r = append_value(m, &options[i]);
                if (r < 0)
                        return r;
                r = sd_bus_message_close_container(m);
                if (r < 0)
                        return r;
        }
        return sd_bus_message_close_container(m);
}

int client_send(Client *c, sd_bus_message *m, bool ask, sd_bus_error *ret_error, sd_bus_message **ret_reply) {
        bool may_ask = ask && c->ask_password;
        int r;

        r = sd_bus_message_set_allow_interactive_authorization(m, may_ask);
        if (r < 0)
                return sd_bus_error_set_errno(ret_error, r);
        r = sd_bus_call(c->bus, m, may_ask ? CLIENT_ASK_USEC : CLIENT_CALL_USEC, ret_error, ret_reply);
        return r < 0 ? r : 0;
}

int client_call(Client *c, const char *path, const char *interface, const char *member,
                sd_bus_error *ret_error, sd_bus_message **ret_reply, const char *types, ...) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        va_list ap;
        int r;

        r = client_message(c, path, interface, member, &m);
        if (r < 0)
                return sd_bus_error_set_errno(ret_error, r);
        if (types) {
                va_start(ap, types);
                r = sd_bus_message_appendv(m, types, ap);
                va_end(ap);
                if (r < 0)
                        return sd_bus_error_set_errno(ret_error, r);
        }
        return client_send(c, m, /* ask= */ false, ret_error, ret_reply);
}

/* Get with a deadline, which sd_bus_get_property() leaves to the connection. The reply stands before the
 * value. */
static int get_property(Client *c, const char *path, const char *interface, const char *property,
                        const char *type, sd_bus_error *ret_error, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = client_call(c, path, "org.freedesktop.DBus.Properties", "Get", ret_error, &reply, "ss", interface,
                        property);
        if (r < 0)
                return r;
        r = sd_bus_message_enter_container(reply, SD_BUS_TYPE_VARIANT, type);
        if (r < 0)
                return sd_bus_error_set_errno(ret_error, r);
        *ret = TAKE_PTR(reply);
        return 0;
}

int client_get_text(Client *c, const char *path, const char *interface, const char *property, char type,
                    sd_bus_error *ret_error, char **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *value;
        char *copy;
        int r;

        r = get_property(c, path, interface, property, (char[]) { type, 0 }, ret_error, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_read_basic(reply, type, &value);
        if (r < 0)
                return sd_bus_error_set_errno(ret_error, r);
        copy = strdup(value);
        if (!copy)
                return sd_bus_error_set_errno(ret_error, -ENOMEM);
        *ret = copy;
        return 0;
}

int client_get_u32(Client *c, const char *path, const char *interface, const char *property,
                   sd_bus_error *ret_error, uint32_t *ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = get_property(c, path, interface, property, "u", ret_error, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "u", ret);
        return r < 0 ? sd_bus_error_set_errno(ret_error, r) : 0;
}

char *client_report_path(uint32_t id) {
        return text_format(CLIENT_PATH "/report/_%" PRIu32, id);
}

uint32_t client_path_id(const char *path) {
        const char *tail = strrchr(path, '/');
        uint32_t id;

        if (!tail || tail[1] != '_' || text_parse_u32(tail + 2, &id) < 0)
                return 0;
        return id;
}
