/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/deb-control.h"

#include <strings.h>

#include "base/text.h"

const DebField deb_fields[] = {
        { "package", "Package", DEB_FIELD_TEXT, true },
        { "source", "Source", DEB_FIELD_TEXT, false },
        { "version", "Version", DEB_FIELD_TEXT, true },
        { "architecture", "Architecture", DEB_FIELD_TEXT, true },
        { "section", "Section", DEB_FIELD_TEXT, false },
        { "priority", "Priority", DEB_FIELD_TEXT, false },
        { "origin", "Origin", DEB_FIELD_TEXT, false },
        { "tag", "Tag", DEB_FIELD_TEXT, false },
        { "bugs", "Bugs", DEB_FIELD_TEXT, false },
        { "essential", "Essential", DEB_FIELD_FLAG, false },
        { "build_essential", "Build-Essential", DEB_FIELD_FLAG, false },
        { "installed_size", "Installed-Size", DEB_FIELD_NUMBER, false },
        { "maintainer", "Maintainer", DEB_FIELD_TEXT, true },
        { "original_maintainer", "Original-Maintainer", DEB_FIELD_TEXT, false },
        { "description", "Description", DEB_FIELD_TEXT, true },
        { "description_md5", "Description-md5", DEB_FIELD_TEXT, false },
        { "homepage", "Homepage", DEB_FIELD_TEXT, false },
        { "built_using", "Built-Using", DEB_FIELD_TEXT, false },
        { "multi_arch", "Multi-Arch", DEB_FIELD_MULTI_ARCH, false },
        { "breaks", "Breaks", DEB_FIELD_TEXT, false },
        { "conflicts", "Conflicts", DEB_FIELD_TEXT, false },
        { "depends", "Depends", DEB_FIELD_TEXT, false },
        { "recommends", "Recommends", DEB_FIELD_TEXT, false },
        { "suggests", "Suggests", DEB_FIELD_TEXT, false },
        { "enhances", "Enhances", DEB_FIELD_TEXT, false },
        { "pre_depends", "Pre-Depends", DEB_FIELD_TEXT, false },
        { "provides", "Provides", DEB_FIELD_TEXT, false },
        { "replaces", "Replaces", DEB_FIELD_TEXT, false },
        {},
};

/* What an index says of the file, and not the package of itself. */
static const char *const file_fields[] = { "Filename", "Size", "MD5sum", "SHA1", "SHA256", "SHA512" };

bool deb_field_is_name(const char *name) {
        if (!*name || *name == '#' || *name == '-')
                return false;
        for (const char *p = name; *p; p++)
                if (*p <= ' ' || *p > '~' || *p == ':')
                        return false;
        return true;
}

static bool is_file_field(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(file_fields); i++)
                if (strcasecmp(file_fields[i], name) == 0)
                        return true;
        return false;
}

static const DebField *find_field(const char *name) {
        for (const DebField *f = deb_fields; f->field; f++)
                if (strcasecmp(f->field, name) == 0)
                        return f;
        return NULL;
}

static json_t *make_number(const char *text) {
        size_t digits = strspn(text, "0123456789");
        long long number = digits > 0 && digits < 12 && !text[digits] ? strtoll(text, NULL, 10) : -1;

        return number >= 0 && number <= INT32_MAX ? json_integer(number) : json_null();
}

static json_t *make_value(const DebField *f, json_t *value) {
        static const char *const multi_arch[] = { "no", "same", "foreign", "allowed" };
        const char *text = json_string_value(value);

        switch (f->kind) {
        case DEB_FIELD_FLAG:
                return streq(text, "yes") ? json_true() : streq(text, "no") ? json_false() : json_null();
        case DEB_FIELD_NUMBER:
                return make_number(text);
        case DEB_FIELD_MULTI_ARCH:
                for (size_t i = 0; i < ELEMENTSOF(multi_arch); i++)
                        if (streq(text, multi_arch[i]))
                                return json_incref(value);
                return json_null();
        default:
                return *text ? json_incref(value) : json_null();
        }
}

static int take_field(json_t *columns, json_t *custom, const char *name, json_t *value, char **ret_reason) {
        const DebField *f = find_field(name);
        int r;

        if (json_is_null(value) || is_file_field(name))
                return 0;
        if (!json_is_string(value))
                return text_error(ret_reason, -EBADMSG, "field control_fields.%s is not a text", name);
        if (!f && !deb_field_is_name(name))
                return text_error(ret_reason, -EBADMSG,
                                  "field control_fields has \"%s\", which is no name of a field", name);
        if (f)
                r = json_object_set_new(columns, f->column, make_value(f, value));
        else
                r = json_object_set(custom, name, value);
        return r < 0 ? -ENOMEM : 0;
}

static int check_required(const json_t *columns, char **ret_reason) {
        for (const DebField *f = deb_fields; f->field; f++)
                if (f->required && !json_is_string(json_object_get(columns, f->column)))
                        return text_error(ret_reason, -EBADMSG, "field control_fields.%s is missing or empty",
                                          f->field);
        return 0;
}

int deb_control_columns(const json_t *document, json_t **ret_columns, char **ret_reason) {
        json_t *control = json_object_get(document, "control_fields"), *value;
        json_auto_t *columns = json_object(), *custom = json_object();
        const char *name;
        int r = columns && custom ? 0 : -ENOMEM;

        if (!json_is_object(control))
                return text_error(ret_reason, -EBADMSG, "field control_fields is missing or is no document");
        json_object_foreach(control, name, value) {
                if (r < 0)
                        break;
                r = take_field(columns, custom, name, value, ret_reason);
        }
        if (r >= 0)
                r = check_required(columns, ret_reason);
        if (r < 0)
                return r;
        if (json_object_set(columns, "custom_fields", custom) < 0)
                return -ENOMEM;
        *ret_columns = json_incref(columns);
        return 0;
}
