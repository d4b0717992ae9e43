/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/comps-digest.h"

#include <glib.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "base/text.h"
#include "migrations/pulp2to3/hex.h"

static void write_value(FILE *f, const json_t *value);

/* Whether Python's repr() shows a character as it is: separators but the space, control, format, private and
 * unassigned characters are escaped. */
static bool is_printable(gunichar c) {
        switch (g_unichar_type(c)) {
        case G_UNICODE_CONTROL:
        case G_UNICODE_FORMAT:
        case G_UNICODE_SURROGATE:
        case G_UNICODE_PRIVATE_USE:
        case G_UNICODE_UNASSIGNED:
        case G_UNICODE_LINE_SEPARATOR:
        case G_UNICODE_PARAGRAPH_SEPARATOR:
                return false;
        case G_UNICODE_SPACE_SEPARATOR:
                return c == ' ';
        default:
                return true;
        }
}

static void write_character(FILE *f, gunichar c, gunichar quote) {
        char bytes[6];

        if (c == quote || c == '\\')
                fprintf(f, "\\%c", (char) c);
        else if (c == '\n')
                fputs("\\n", f);
        else if (c == '\r')
                fputs("\\r", f);
        else if (c == '\t')
                fputs("\\t", f);
        else if (is_printable(c))
                fwrite(bytes, (size_t) g_unichar_to_utf8(c, bytes), 1, f);
        else
                fprintf(f, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned) c);
}

/* As repr(): in single quotes, unless it has some and no double ones. */
static void write_text(FILE *f, const char *text) {
        gunichar quote = strchr(text, '\'') && !strchr(text, '"') ? '"' : '\'';

        fputc((int) quote, f);
        for (const char *p = text; *p; p = g_utf8_next_char(p))
                write_character(f, g_utf8_get_char(p), quote);
        fputc((int) quote, f);
}

static void write_array(FILE *f, const json_t *array) {
        const json_t *item;
        size_t i;

        fputc('[', f);
        json_array_foreach(array, i, item) {
                if (i > 0)
                        fputs(", ", f);
                write_value(f, item);
        }
        fputc(']', f);
}

static void write_object(FILE *f, const json_t *object) {
        const char *key, *separator = "";
        json_t *value;

        fputc('{', f);
        json_object_foreach((json_t *) object, key, value) {
                fputs(separator, f);
                write_text(f, key);
                fputs(": ", f);
                write_value(f, value);
                separator = ", ";
        }
        fputc('}', f);
}

static void write_value(FILE *f, const json_t *value) {
        switch (json_typeof(value)) {
        case JSON_OBJECT:
                write_object(f, value);
                break;
        case JSON_ARRAY:
                write_array(f, value);
                break;
        case JSON_STRING:
                write_text(f, json_string_value(value));
                break;
        case JSON_INTEGER:
                fprintf(f, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
                break;
        case JSON_REAL:
                fprintf(f, "%.17g", json_real_value(value));
                break;
        case JSON_TRUE:
                fputs("True", f);
                break;
        case JSON_FALSE:
                fputs("False", f);
                break;
        default:
                fputs("None", f);
        }
}

char *comps_python_text(const json_t *value) {
        char *text = NULL;
        size_t size;
        FILE *f;

        /* str() of a text is the text, without quotes. */
        if (json_is_string(value))
                return strdup(json_string_value(value));
        f = open_memstream(&text, &size);
        if (!f)
                return NULL;
        write_value(f, value);
        if (fclose(f) == 0)
                return text;
        free(text);
        return NULL;
}

/* Bytes of UTF-8 sort as the characters do. */
static int compare(const void *a, const void *b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

static int make_texts(const json_t *object, char ***ret) {
        _cleanup_(strv_freep) char **texts = calloc(json_object_size(object) + 1, sizeof(char *));
        const char *key;
        json_t *value;
        size_t n = 0;

        if (!texts)
                return -ENOMEM;
        json_object_foreach((json_t *) object, key, value) {
                texts[n] = comps_python_text(value);
                if (!texts[n++])
                        return -ENOMEM;
        }
        qsort(texts, n, sizeof(*texts), compare);
        *ret = TAKE_PTR(texts);
        return 0;
}

int comps_digest(const json_t *object, char ret[static COMPS_DIGEST_SIZE]) {
        _cleanup_(strv_freep) char **texts = NULL;
        unsigned char digest[EVP_MAX_MD_SIZE];
        EVP_MD_CTX *context;
        unsigned n = 0;
        int r;

        r = make_texts(object, &texts);
        if (r < 0)
                return r;
        context = EVP_MD_CTX_new();
        if (!context)
                return -ENOMEM;
        r = EVP_DigestInit_ex(context, EVP_sha256(), NULL) ? 0 : -EIO;
        for (char **p = texts; *p && r >= 0; p++)
                r = EVP_DigestUpdate(context, *p, strlen(*p)) ? 0 : -EIO;
        if (r >= 0)
                r = EVP_DigestFinal_ex(context, digest, &n) ? 0 : -EIO;
        EVP_MD_CTX_free(context);
        if (r >= 0)
                hex_format(digest, n, ret);
        return r;
}
