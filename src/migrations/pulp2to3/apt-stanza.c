/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/apt-stanza.h"

#include "base/text.h"
#include "migrations/pulp2to3/deb-control.h"

void apt_field_write(FILE *f, const char *name, const char *value) {
        size_t length = strcspn(value, "\n");

        fprintf(f, "%s: %.*s\n", name, (int) length, value);
        while (value[length] == '\n') {
                value += length + 1;
                length = strcspn(value, "\n");
                /* A newline at the end is no line of its own. */
                if (length == 0 && !value[0])
                        break;
                if (strspn(value, " \t") >= length)
                        fputs(" .\n", f);
                else
                        fprintf(f, "%s%.*s\n", *value == ' ' || *value == '\t' ? "" : " ", (int) length, value);
        }
}

static int write_column(FILE *f, const DebField *field, const json_t *value, char **ret_reason) {
        if (!value || json_is_null(value))
                return field->required ? text_error(ret_reason, -EBADMSG, "column %s has no value", field->column)
                                       : 0;
        if (json_is_boolean(value))
                apt_field_write(f, field->field, json_is_true(value) ? "yes" : "no");
        else if (json_is_integer(value))
                fprintf(f, "%s: %" JSON_INTEGER_FORMAT "\n", field->field, json_integer_value(value));
        else if (json_is_string(value))
                apt_field_write(f, field->field, json_string_value(value));
        else
                return text_error(ret_reason, -EBADMSG, "column %s is no text, number or flag", field->column);
        return 0;
}

static int write_custom(FILE *f, json_t *custom, char **ret_reason) {
        const char *name;
        json_t *value;

        if (custom && !json_is_null(custom) && !json_is_object(custom))
                return text_error(ret_reason, -EBADMSG, "column custom_fields is no object");
        json_object_foreach(custom, name, value) {
                if (!deb_field_is_name(name) || !json_is_string(value))
                        return text_error(
                                ret_reason, -EBADMSG,
                                "column custom_fields: \"%s\" is no name of a field, or its value is no text", name);
                apt_field_write(f, name, json_string_value(value));
        }
        return 0;
}

static int write_stanza(FILE *f, const json_t *package, const AptFile *file, char **ret_reason) {
        int r = 0;

        for (const DebField *field = deb_fields; field->field && r >= 0; field++)
                r = write_column(f, field, json_object_get(package, field->column), ret_reason);
        if (r >= 0)
                r = write_custom(f, json_object_get(package, "custom_fields"), ret_reason);
        if (r < 0)
                return r;
        if (file->md5)
                apt_field_write(f, "MD5sum", file->md5);
        if (file->sha1)
                apt_field_write(f, "SHA1", file->sha1);
        apt_field_write(f, "SHA256", file->sha256);
        apt_field_write(f, "Size", file->size_bytes);
        apt_field_write(f, "Filename", file->path);
        fputc('\n', f);
        return 0;
}

int apt_stanza_new(const json_t *package, const AptFile *file, char **ret, char **ret_reason) {
        char *text = NULL;
        size_t size;
        FILE *f;
        int r;

        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;
        r = write_stanza(f, package, file, ret_reason);
        if (ferror(f) && r >= 0)
                r = -ENOMEM;
        if (fclose(f) != 0 && r >= 0)
                r = -ENOMEM;
        if (r < 0) {
                free(text);
                return r;
        }
        *ret = text;
        return 0;
}
