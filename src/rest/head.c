/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/head.h"

#include <strings.h>

#include "base/text.h"

/* RFC 9110, section 5.6.2. */
#define TOKEN "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define AUTHORITY "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._:[]"
#define AUTHORITY_LENGTH_MAX 255

bool head_is_authority(const char *s) {
        size_t n = strlen(s);

        return n > 0 && n <= AUTHORITY_LENGTH_MAX && strspn(s, AUTHORITY) == n;
}

static bool value_is_clean(const char *s, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (((unsigned char) s[i] < ' ' && s[i] != '\t') || s[i] == 0x7f)
                        return false;
        return true;
}

static void read_length(Head *h, const char *value) {
        h->n_length++;
        h->has_length = true;
        if (text_parse_u64(value, &h->length) < 0)
                h->reason = "Content-Length is not a number";
}

static void read_coding(Head *h, const char *value) {
        h->n_coding++;
        h->chunked = true;
        if (strcasecmp(value, "chunked") != 0)
                h->reason = "This Transfer-Encoding is not known";
}

static void read_expect(Head *h, const char *value) {
        h->expects_continue = true;
        if (strcasecmp(value, "100-continue") != 0)
                h->reason = "This Expect is not known";
}

static enum MHD_Result on_header(void *userdata, _unused_ enum MHD_ValueKind kind, const char *name, size_t name_size,
                                 const char *value, size_t value_size) {
        Head *h = userdata;

        if (h->reason)
                return MHD_NO;
        if (name_size == 0 || strspn(name, TOKEN) != name_size)
                h->reason = "A header's name has a character that does not belong there";
        else if (!value_is_clean(value ?: "", value_size))
                h->reason = "A header's value has a character that does not belong there";
        else if (strcasecmp(name, "Content-Length") == 0)
                read_length(h, value ?: "");
        else if (strcasecmp(name, "Transfer-Encoding") == 0)
                read_coding(h, value ?: "");
        else if (strcasecmp(name, "Expect") == 0)
                read_expect(h, value ?: "");
        else if (strcasecmp(name, "Host") == 0) {
                h->n_host++;
                h->host = value ?: "";
        } else if (strcasecmp(name, "Content-Type") == 0) {
                h->n_content_type++;
                h->content_type = value ?: "";
        } else if (strcasecmp(name, "Authorization") == 0) {
                h->n_authorization++;
                h->authorization = value ?: "";
        } else if (strcasecmp(name, "X-Forwarded-Proto") == 0)
                h->forwarded_scheme = value;
        return MHD_YES;
}

/* What single headers can't tell. */
static const char *find_contradiction(const Head *h) {
        if (h->n_length > 1)
                return "There are two lengths";
        if (h->n_coding > 1)
                return "There are two transfer encodings";
        if (h->n_length > 0 && h->n_coding > 0)
                return "There are a length and a transfer encoding";
        if (h->n_coding > 0 && h->is_http_1_0)
                return "HTTP/1.0 has no transfer encodings";
        if (h->n_host > 1 || (h->n_host == 0 && !h->is_http_1_0))
                return "One Host is needed";
        if (h->host && !head_is_authority(h->host))
                return "Host is not a host";
        if (h->n_content_type > 1)
                return "There are two content types";
        if (h->n_authorization > 1)
                return "There are two credentials";
        return NULL;
}

int head_read(struct MHD_Connection *connection, const char *version, Head *ret) {
        *ret = (Head){ .is_http_1_0 = streq(version, "HTTP/1.0") };
        if (!ret->is_http_1_0 && !streq(version, "HTTP/1.1"))
                ret->reason = "This version of HTTP is not known";
        else
                (void) MHD_get_connection_values_n(connection, MHD_HEADER_KIND, on_header, ret);
        if (!ret->reason)
                ret->reason = find_contradiction(ret);
        return ret->reason ? -EINVAL : 0;
}

bool head_is_json(const Head *h) {
        static const char json[] = "application/json";
        const char *rest;

        if (!h->content_type || strncasecmp(h->content_type, json, strlen(json)) != 0)
                return false;
        rest = h->content_type + strlen(json);
        rest += strspn(rest, " \t");
        return *rest == 0 || *rest == ';';
}
