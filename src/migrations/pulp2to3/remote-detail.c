/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What only remotes of one plugin have. */

#include <inttypes.h>
#include <jansson.h>

#include "base/text.h"
#include "migrations/pulp2to3/remote.h"

/* Source: width of rpm_rpmremote.sles_auth_token. */
#define AUTH_TOKEN_MAX 512
/* Source: width of container_containerremote.upstream_name and of a member of include_tags. */
#define CONTAINER_NAME_MAX 255

/* A text field as a member of an object. */
static int take_text(const bson_t *config, const char *field, json_t *object, const char *column,
                     const char *otherwise, bool is_list, char **ret_reason) {
        _cleanup_(freep) char *text = NULL;
        int k;

        k = remote_get_text(config, field, &text, ret_reason);
        if (k < 0 || (!text && !otherwise))
                return k;
        /* Lists have commas in Pulp 2 and spaces in Pulp 3. */
        for (char *c = text; is_list && c && *c; c++)
                if (*c == ',')
                        *c = ' ';
        return json_object_set_new(object, column, json_string(text ?: otherwise)) < 0 ? -ENOMEM : 0;
}

/* A feed of SUSE's has its token as the whole query: "https://host/path?TOKEN". */
static int take_token(const bson_t *config, Remote *r, json_t *object, char **ret_reason) {
        char *query = r->url ? strchr(r->url, '?') : NULL;
        const char *token;
        int k;

        k = take_text(config, "query_auth_token", object, "sles_auth_token", NULL, false, ret_reason);
        if (k < 0)
                return k;
        if (query && query[1] && !strpbrk(query, "=&#")) {
                if (!json_object_get(object, "sles_auth_token") &&
                    json_object_set_new(object, "sles_auth_token", json_string(query + 1)) < 0)
                        return -ENOMEM;
                *query = 0;
        }
        token = json_string_value(json_object_get(object, "sles_auth_token"));
        return token && strlen(token) > AUTH_TOKEN_MAX
                       ? text_error(ret_reason, -EBADMSG, "field config.query_auth_token is longer than 512 bytes")
                       : 0;
}

/* Pulp 2 counted the versions of a package that it kept beside the newest one, Pulp 3 counts all; 0 is no limit
 * there. */
static int take_retain(const bson_t *config, Remote *r, char **ret_reason) {
        uint32_t n;
        int k;

        k = remote_get_number(config, "retain_old_count", INT32_MAX - 1, &n, ret_reason);
        if (k <= 0)
                return k;
        r->retain = text_format("%" PRIu32, n + 1);
        return r->retain ? 0 : -ENOMEM;
}

static int take_deb(const bson_t *config, json_t *object, char **ret_reason) {
        int k;

        /* Source: Pulp 2's deb importer took "stable" where nothing was said. */
        k = take_text(config, "releases", object, "distributions", "stable", true, ret_reason);
        if (k >= 0)
                k = take_text(config, "components", object, "components", NULL, true, ret_reason);
        if (k >= 0)
                k = take_text(config, "architectures", object, "architectures", NULL, true, ret_reason);
        if (k >= 0)
                k = take_text(config, "gpg_keys", object, "gpgkey", NULL, false, ret_reason);
        return k;
}

static int add_tag(json_t *tags, const char *tag, size_t length, char **ret_reason) {
        if (length > CONTAINER_NAME_MAX)
                return text_error(ret_reason, -EBADMSG, "field config.tags has a tag of more than %d bytes",
                                  CONTAINER_NAME_MAX);
        return json_array_append_new(tags, json_stringn(tag, length)) < 0 ? -ENOMEM : 0;
}

/* A list, or its members in one text. */
static int take_tags(const bson_t *config, json_t *object, char **ret_reason) {
        bson_iter_t i, tag;
        json_t *tags;
        int k = 0;

        if (!bson_iter_init_find(&i, config, "tags") || BSON_ITER_HOLDS_NULL(&i))
                return 0;
        tags = json_array();
        if (json_object_set_new(object, "include_tags", tags) < 0)
                return -ENOMEM;
        if (BSON_ITER_HOLDS_UTF8(&i)) {
                for (const char *p = bson_iter_utf8(&i, NULL); *p && k >= 0; p += strspn(p, ", ")) {
                        size_t length = strcspn(p, ", ");

                        k = length > 0 ? add_tag(tags, p, length, ret_reason) : 0;
                        p += length;
                }
                return k;
        }
        if (!BSON_ITER_HOLDS_ARRAY(&i) || !bson_iter_recurse(&i, &tag))
                return text_error(ret_reason, -EBADMSG, "field config.tags is not a list");
        while (k >= 0 && bson_iter_next(&tag)) {
                uint32_t length;
                const char *text = BSON_ITER_HOLDS_UTF8(&tag) ? bson_iter_utf8(&tag, &length) : NULL;

                k = text ? add_tag(tags, text, length, ret_reason)
                         : text_error(ret_reason, -EBADMSG, "field config.tags.%s is not a text",
                                      bson_iter_key(&tag));
        }
        return k;
}

static int take_docker(const bson_t *config, json_t *object, char **ret_reason) {
        int k;

        k = take_text(config, "upstream_name", object, "upstream_name", "", false, ret_reason);
        if (k < 0)
                return k;
        if (json_string_length(json_object_get(object, "upstream_name")) > CONTAINER_NAME_MAX)
                return text_error(ret_reason, -EBADMSG, "field config.upstream_name is longer than %d bytes",
                                  CONTAINER_NAME_MAX);
        return take_tags(config, object, ret_reason);
}

int remote_take_detail(const bson_t *config, const Plugin *plugin, Remote *r, char **ret_reason) {
        json_t *object = json_object();
        int k = object ? 0 : -ENOMEM;

        if (k >= 0 && streq(plugin->name, "rpm")) {
                k = take_token(config, r, object, ret_reason);
                if (k >= 0)
                        k = take_retain(config, r, ret_reason);
        } else if (k >= 0 && streq(plugin->name, "deb"))
                k = take_deb(config, object, ret_reason);
        else if (k >= 0 && streq(plugin->name, "docker"))
                k = take_docker(config, object, ret_reason);
        if (k >= 0) {
                r->detail = json_dumps(object, JSON_COMPACT);
                k = r->detail ? 0 : -ENOMEM;
        }
        json_decref(object);
        return k;
}
