/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/remote.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

/* Source: pulpcore's default for a Pulp 2 importer that says nothing of it, as the upstream migration has it.
 */
#define DOWNLOAD_CONCURRENCY_DEFAULT 20

void remote_done(Remote *r) {
        free(r->url);
        free(r->ca_cert);
        free(r->client_cert);
        free(r->proxy_url);
        free(r->detail);
        free(r->retain);
        free(r->client_key);
        free(r->username);
        free(r->password);
        free(r->proxy_username);
        free(r->proxy_password);
        *r = (Remote){};
}

bool remote_has_secrets(const Remote *r) {
        return r->client_key || r->username || r->password || r->proxy_username || r->proxy_password;
}

int remote_get_text(const bson_t *config, const char *field, char **ret, char **ret_reason) {
        bson_iter_t i;
        uint32_t length;
        const char *s;

        if (!bson_iter_init_find(&i, config, field) || BSON_ITER_HOLDS_NULL(&i))
                return 0;
        if (!BSON_ITER_HOLDS_UTF8(&i))
                return text_error(ret_reason, -EBADMSG, "field config.%s is not a text", field);
        s = bson_iter_utf8(&i, &length);
        if (strlen(s) != length)
                return text_error(ret_reason, -EBADMSG, "field config.%s contains a zero byte", field);
        if (length == 0)
                return 0;
        *ret = strdup(s);
        return *ret ? 0 : -ENOMEM;
}

int remote_get_number(const bson_t *config, const char *field, uint32_t max, uint32_t *ret, char **ret_reason) {
        bson_iter_t i;
        int64_t value = -1;

        if (!bson_iter_init_find(&i, config, field) || BSON_ITER_HOLDS_NULL(&i))
                return 0;
        if (BSON_ITER_HOLDS_UTF8(&i)) {
                uint32_t n;

                if (text_parse_u32(bson_iter_utf8(&i, NULL), &n) >= 0)
                        value = n;
        } else if (BSON_ITER_HOLDS_NUMBER(&i))
                value = bson_iter_as_int64(&i);
        if (value < 0 || value > max)
                return text_error(ret_reason, -EBADMSG, "field config.%s is not a number from 0 to %" PRIu32, field,
                                  max);
        *ret = (uint32_t) value;
        return 1;
}

static int get_bool(const bson_t *config, const char *field, bool *ret, char **ret_reason) {
        bson_iter_t i;

        if (!bson_iter_init_find(&i, config, field) || BSON_ITER_HOLDS_NULL(&i))
                return 0;
        if (!BSON_ITER_HOLDS_BOOL(&i))
                return text_error(ret_reason, -EBADMSG, "field config.%s is not a boolean", field);
        *ret = bson_iter_bool(&i);
        return 0;
}

static int hex_value(char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
}

/* Decodes %XX of a part of a URL; %00 stays as it is. */
static char *percent_decode(const char *s, size_t length) {
        char *out = malloc(length + 1), *p = out;

        for (size_t i = 0; out && i < length; i++) {
                int high = s[i] == '%' && i + 2 < length ? hex_value(s[i + 1]) : -1;
                int low = high >= 0 ? hex_value(s[i + 2]) : -1;

                if (low >= 0 && high * 16 + low > 0) {
                        *p++ = (char) (high * 16 + low);
                        i += 2;
                } else
                        *p++ = s[i];
        }
        if (out)
                *p = 0;
        return out;
}

/* Takes USER[:PASSWORD]@ out of a URL; user and password are set only where they are NULL. */
static int cut_credentials(char *url, char **user, char **password) {
        char *start = strstr(url, "://"), *end, *at = NULL, *colon;

        if (!start)
                return 0;
        start += 3;
        end = start + strcspn(start, "/?#");
        for (char *c = start; c < end; c++)
                if (*c == '@')
                        at = c;
        if (!at)
                return 0;
        colon = memchr(start, ':', (size_t) (at - start));
        if (!*user) {
                *user = percent_decode(start, (size_t) ((colon ?: at) - start));
                if (!*user)
                        return -ENOMEM;
        }
        if (colon && !*password) {
                *password = percent_decode(colon + 1, (size_t) (at - colon - 1));
                if (!*password)
                        return -ENOMEM;
        }
        memmove(start, at + 1, strlen(at + 1) + 1);
        return 0;
}

/* The feed is a directory, with or without a slash at its end: that is how Pulp 2 read it. */
static int make_url(Remote *r, const Plugin *plugin, char *feed) {
        size_t length;
        int k;

        k = cut_credentials(feed, &r->username, &r->password);
        if (k < 0)
                return k;
        length = strlen(feed);
        r->url = plugin->manifest ? text_format("%s%s%s", feed, length > 0 && feed[length - 1] == '/' ? "" : "/",
                                                plugin->manifest)
                                  : strdup(feed);
        return r->url ? 0 : -ENOMEM;
}

static int read_policy(const bson_t *config, Remote *r, char **ret_reason) {
        static const struct {
                const char *pulp2, *pulp3;
        } policies[] = {
                { "immediate", "immediate" },
                { "on_demand", "on_demand" },
                { "background", "on_demand" }, /* Pulp 3 downloads nothing on its own */
        };
        _cleanup_(freep) char *policy = NULL;
        int k;

        r->policy = "immediate";
        k = remote_get_text(config, "download_policy", &policy, ret_reason);
        if (k < 0 || !policy)
                return k;
        for (size_t i = 0; i < ELEMENTSOF(policies); i++)
                if (streq(policies[i].pulp2, policy)) {
                        r->policy = policies[i].pulp3;
                        return 0;
                }
        return text_error(ret_reason, -EBADMSG,
                          "field config.download_policy is \"%.32s\"; immediate, on_demand and "
                          "background are known",
                          policy);
}

static int read_proxy(const bson_t *config, Remote *r, char **ret_reason) {
        _cleanup_(freep) char *host = NULL, *url = NULL;
        uint32_t port = 0;
        size_t length;
        int k;

        k = remote_get_text(config, "proxy_host", &host, ret_reason);
        if (k < 0 || !host)
                return k;
        k = remote_get_text(config, "proxy_username", &r->proxy_username, ret_reason);
        if (k >= 0)
                k = remote_get_text(config, "proxy_password", &r->proxy_password, ret_reason);
        if (k >= 0)
                k = remote_get_number(config, "proxy_port", UINT16_MAX, &port, ret_reason);
        if (k < 0)
                return k;
        url = text_format("%s%s", strstr(host, "://") ? "" : "http://", host);
        if (!url)
                return -ENOMEM;
        k = cut_credentials(url, &r->proxy_username, &r->proxy_password);
        if (k < 0)
                return k;
        length = strlen(url);
        if (length > 0 && url[length - 1] == '/')
                url[length - 1] = 0;
        r->proxy_url = port > 0 ? text_format("%s:%" PRIu32, url, port) : strdup(url);
        return r->proxy_url ? 0 : -ENOMEM;
}

static int read_config(const bson_t *config, const Plugin *plugin, Remote *r, char **ret_reason) {
        const struct {
                const char *field;
                char **text;
        } texts[] = {
                { "ssl_ca_cert", &r->ca_cert },          { "ssl_client_cert", &r->client_cert },
                { "ssl_client_key", &r->client_key },    { "basic_auth_username", &r->username },
                { "basic_auth_password", &r->password },
        };
        _cleanup_(freep) char *feed = NULL;
        uint32_t downloads = 0;
        int k = 0;

        for (size_t i = 0; i < ELEMENTSOF(texts) && k >= 0; i++)
                k = remote_get_text(config, texts[i].field, texts[i].text, ret_reason);
        if (k >= 0)
                k = remote_get_text(config, "feed", &feed, ret_reason);
        if (k >= 0 && feed)
                k = make_url(r, plugin, feed);
        if (k >= 0)
                k = get_bool(config, "ssl_validation", &r->tls_validation, ret_reason);
        if (k >= 0)
                k = remote_get_number(config, "max_downloads", INT32_MAX, &downloads, ret_reason);
        if (k >= 0)
                k = read_policy(config, r, ret_reason);
        if (k >= 0)
                k = read_proxy(config, r, ret_reason);
        r->download_concurrency = downloads > 0 ? (int32_t) downloads : DOWNLOAD_CONCURRENCY_DEFAULT;
        return k;
}

int remote_from_config(const bson_t *config, const Plugin *plugin, Remote *ret, char **ret_reason) {
        Remote r = { .tls_validation = true };
        int k;

        k = read_config(config, plugin, &r, ret_reason);
        if (k >= 0)
                k = remote_take_detail(config, plugin, &r, ret_reason);
        if (k < 0) {
                remote_done(&r);
                return k;
        }
        *ret = r;
        return 0;
}
