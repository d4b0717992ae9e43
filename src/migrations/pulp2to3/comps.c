/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/comps.h"

#include <libxml/xmlwriter.h>

#include "base/text.h"
#include "migrations/pulp2to3/xml-text.h"

struct Comps {
        FILE *file;
        xmlTextWriter *writer; /* into file, which it does not close */
        char *path;
        bool failed; /* libxml2 refused something; the file is of no use */
        bool langpacks;
};

/* Notes a result of libxml2, whose functions all return -1 on failure. */
static void note(Comps *c, int result) {
        if (result < 0)
                c->failed = true;
}

static int status(const Comps *c, char **ret_error) {
        return c->failed ? text_error(ret_error, -EIO, "%s: cannot write", c->path) : 0;
}

static void begin(Comps *c, const char *name) {
        note(c, xmlTextWriterStartElement(c->writer, BAD_CAST name));
}

static void end(Comps *c) {
        note(c, xmlTextWriterEndElement(c->writer));
}

static void text(Comps *c, const char *value) {
        _cleanup_(freep) char *copy = strdup(value);

        if (copy)
                xml_drop_control(copy);
        note(c, copy ? xmlTextWriterWriteString(c->writer, BAD_CAST copy) : -1);
}

static void attribute(Comps *c, const char *name, const char *value) {
        note(c, xmlTextWriterStartAttribute(c->writer, BAD_CAST name));
        text(c, value);
        note(c, xmlTextWriterEndAttribute(c->writer));
}

/* An element without text is written as an empty one. */
static void element(Comps *c, const char *name, const char *language, const char *value) {
        begin(c, name);
        if (language)
                attribute(c, "xml:lang", language);
        if (value && *value)
                text(c, value);
        end(c);
}

static const char *text_of(const json_t *document, const char *name) {
        return json_string_value(json_object_get(document, name)) ?: "";
}

static void translations(Comps *c, const char *name, const json_t *array) {
        const json_t *pair;
        size_t i;

        json_array_foreach(array, i, pair) element(c, name, json_string_value(json_array_get(pair, 0)),
                                                   json_string_value(json_array_get(pair, 1)));
}

static void flag(Comps *c, const char *name, const json_t *value) {
        element(c, name, NULL, json_is_true(value) ? "true" : "false");
}

/* Names of the columns of a group's packages. Source: pulp_rpm, libcomps' COMPS_PackageType. */
static const char *package_type(const json_t *type) {
        static const char *const types[] = { "default", "optional", "conditional", "mandatory" };
        json_int_t n = json_is_integer(type) ? json_integer_value(type) : 3;

        return n >= 0 && n < (json_int_t) ELEMENTSOF(types) ? types[n] : "mandatory";
}

static void packages(Comps *c, const json_t *array) {
        const json_t *package;
        size_t i;

        begin(c, "packagelist");
        json_array_foreach(array, i, package) {
                const char *requires = json_string_value(json_object_get(package, "requires"));

                begin(c, "packagereq");
                attribute(c, "type", package_type(json_object_get(package, "type")));
                if (requires)
                        attribute(c, "requires", requires);
                if (json_is_true(json_object_get(package, "basearchonly")))
                        attribute(c, "basearchonly", "true");
                text(c, text_of(package, "name"));
                end(c);
        }
        end(c);
}

static void groups(Comps *c, const char *name, const json_t *array, bool if_empty) {
        const json_t *group;
        size_t i;

        if (json_array_size(array) == 0 && !if_empty)
                return;
        begin(c, name);
        json_array_foreach(array, i, group) {
                begin(c, "groupid");
                if (json_is_true(json_object_get(group, "default")))
                        attribute(c, "default", "true");
                text(c, text_of(group, "name"));
                end(c);
        }
        end(c);
}

static void header(Comps *c, const json_t *document) {
        element(c, "id", NULL, text_of(document, "id"));
        element(c, "name", NULL, text_of(document, "name"));
        translations(c, "name", json_object_get(document, "name_by_lang"));
        element(c, "description", NULL, text_of(document, "description"));
        translations(c, "description", json_object_get(document, "desc_by_lang"));
}

static void display_order(Comps *c, const json_t *document) {
        const json_t *order = json_object_get(document, "display_order");

        if (json_is_integer(order))
                note(c, xmlTextWriterWriteFormatElement(c->writer, BAD_CAST "display_order", "%" JSON_INTEGER_FORMAT,
                                                        json_integer_value(order)));
}

static void write_group(Comps *c, const json_t *document) {
        begin(c, "group");
        header(c, document);
        flag(c, "default", json_object_get(document, "default"));
        flag(c, "uservisible", json_object_get(document, "user_visible"));
        if (json_is_true(json_object_get(document, "biarch_only")))
                element(c, "biarchonly", NULL, "true");
        display_order(c, document);
        packages(c, json_object_get(document, "packages"));
        end(c);
}

static void write_category(Comps *c, const json_t *document) {
        begin(c, "category");
        header(c, document);
        display_order(c, document);
        groups(c, "grouplist", json_object_get(document, "group_ids"), true);
        end(c);
}

static void write_environment(Comps *c, const json_t *document) {
        begin(c, "environment");
        header(c, document);
        display_order(c, document);
        groups(c, "grouplist", json_object_get(document, "group_ids"), false);
        groups(c, "optionlist", json_object_get(document, "option_ids"), false);
        end(c);
}

/* Several of them are one element of the file. */
static void write_langpacks(Comps *c, const json_t *document) {
        const json_t *pair;
        size_t i;

        if (!c->langpacks)
                begin(c, "langpacks");
        c->langpacks = true;
        json_array_foreach(json_object_get(document, "matches"), i, pair) {
                begin(c, "match");
                attribute(c, "name", json_string_value(json_array_get(pair, 0)) ?: "");
                attribute(c, "install", json_string_value(json_array_get(pair, 1)) ?: "");
                end(c);
        }
}

static int open_writer(Comps *c, const char *path, char **ret_error) {
        xmlOutputBuffer *buffer;

        c->path = strdup(path);
        c->file = fopen(path, "wxe");
        if (!c->path || !c->file)
                return text_error(ret_error, c->path ? -errno : -ENOMEM, "%s: cannot create: %s", path,
                                  strerror(errno));
        buffer = xmlOutputBufferCreateFile(c->file, NULL);
        c->writer = buffer ? xmlNewTextWriter(buffer) : NULL;
        if (c->writer)
                return 0;
        if (buffer)
                (void) xmlOutputBufferClose(buffer);
        return -ENOMEM;
}

int comps_new(const char *path, Comps **ret, char **ret_error) {
        _cleanup_(comps_freep) Comps *c = calloc(1, sizeof(*c));
        int r;

        if (!c)
                return -ENOMEM;
        r = open_writer(c, path, ret_error);
        if (r < 0)
                return r;
        note(c, xmlTextWriterStartDocument(c->writer, NULL, "UTF-8", NULL));
        note(c, xmlTextWriterWriteDTD(c->writer, BAD_CAST "comps", BAD_CAST "-//Red Hat, Inc.//DTD Comps info//EN",
                                      BAD_CAST "comps.dtd", NULL));
        note(c, xmlTextWriterWriteRaw(c->writer, BAD_CAST "\n"));
        note(c, xmlTextWriterSetIndent(c->writer, 1));
        note(c, xmlTextWriterSetIndentString(c->writer, BAD_CAST "  "));
        begin(c, "comps");
        r = status(c, ret_error);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

Comps *comps_free(Comps *c) {
        if (!c)
                return NULL;
        if (c->writer)
                xmlFreeTextWriter(c->writer);
        if (c->file)
                (void) fclose(c->file);
        free(c->path);
        free(c);
        return NULL;
}

int comps_add(Comps *c, CompsKind kind, const json_t *document, char **ret_error) {
        static void (*const write[_COMPS_MAX])(Comps * c, const json_t *document) = {
                [COMPS_GROUP] = write_group,
                [COMPS_CATEGORY] = write_category,
                [COMPS_ENVIRONMENT] = write_environment,
                [COMPS_LANGPACKS] = write_langpacks,
        };

        write[kind](c, document);
        return status(c, ret_error);
}

int comps_finish(Comps *c, char **ret_error) {
        bool wrong;

        note(c, xmlTextWriterEndDocument(c->writer));
        xmlFreeTextWriter(TAKE_PTR(c->writer));
        wrong = ferror(c->file);
        if (fclose(TAKE_PTR(c->file)) != 0 || wrong)
                c->failed = true;
        return status(c, ret_error);
}
