/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Step validate: everything that can be known to be wrong before anything is written. Reads the whole
 * archive, as only so its checksums are known, and writes nothing in the target. */

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/text.h"
#include "migrations/pulp2to3/base-path.h"
#include "migrations/pulp2to3/config-option.h"
#include "migrations/pulp2to3/content-path.h"
#include "migrations/pulp2to3/dump.h"
#include "migrations/pulp2to3/fernet.h"
#include "migrations/pulp2to3/steps.h"
#include "migrations/pulp2to3/validate-target.h"

/* So many missing names are listed in a text. */
#define NAMES_MAX 20
/* The counters are brought up to date at every so many bytes of the archive. */
#define REPORT_BYTES (INT64_C(4) * 1024 * 1024)

typedef struct Validation {
        Step *step;
        json_t *repositories; /* what the plan names; true: the dump has shown it */
        json_t *importers[PLUGINS_MAX];
        json_t *distributors[PLUGINS_MAX];
        json_t *known;               /* the dump's repositories, for plugins of which the plan names none */
        json_t *chosen[PLUGINS_MAX]; /* those of them that have an importer or units of such a plugin */
        BasePaths paths;             /* of the distributors that the plan names */
        int content_fd;
        bool has_key;
        int64_t reported_bytes;
        uint64_t n_units, n_missing;
} Validation;

static int collect_plugin(Validation *v, size_t index) {
        const PlanPlugin *p = &v->step->plan->plugins[index];
        json_t *name;
        size_t k;
        int r = 0;

        for (size_t i = 0; i < p->n_repositories; i++) {
                if (p->repositories[i].importer)
                        r |= json_object_set_new(v->importers[index], p->repositories[i].importer, json_false());
                for (size_t j = 0; j < p->repositories[i].n_versions; j++) {
                        r |= json_object_set_new(v->repositories, p->repositories[i].versions[j].repository,
                                                 json_false());
                        json_array_foreach(p->repositories[i].versions[j].distributors, k, name) r |=
                                json_object_set_new(v->distributors[index], json_string_value(name), json_false());
                }
        }
        return r;
}

/* Sets of names that a plan needs. */
static int collect_names(Validation *v) {
        int r = 0;

        v->repositories = json_object();
        v->known = json_object();
        for (size_t i = 0; i < v->step->plan->n_plugins; i++) {
                v->importers[i] = json_object();
                v->distributors[i] = json_object();
                v->chosen[i] = json_object();
                r |= collect_plugin(v, i);
        }
        return r < 0 ? step_fail(v->step, -ENOMEM, "out of memory") : 0;
}

static size_t plugin_index(const Validation *v, const Plugin *plugin) {
        size_t i = 0;

        while (v->step->plan->list[i] != plugin)
                i++;
        return i;
}

static int send_problems(Validation *v) {
        ProblemList *l = &v->step->problems;
        int r;

        if (l->n == 0)
                return 0;
        r = migrationd_task_problems(v->step->task, l->n, (const char *const *) l->items,
                                     (const char *const *) l->reasons);
        problem_list_clear(l);
        return r < 0 ? step_fail_task(v->step, r) : 0;
}

/* To the service itself: nothing is written in the target. */
static int problem(Validation *v, const char *item, const char *reason) {
        int r = 0;

        if (problem_list_is_full(&v->step->problems))
                r = send_problems(v);
        if (r >= 0 && problem_list_add(&v->step->problems, item, reason) < 0)
                r = step_fail(v->step, -ENOMEM, "out of memory");
        return r;
}

/* Notes that the dump has what the plan names; whether the plan names it. */
static bool note_seen(json_t *set, const char *name) {
        return json_object_get(set, name) && json_object_set_new(set, name, json_true()) == 0;
}

/* What is left out is absent, and not missing: it is told of by its document. */
static void note_left_out(Validation *v, const DumpRow *row) {
        if (row->table == DUMP_IMPORTER && row->columns[IMPORTER_REPOSITORY])
                (void) note_seen(v->importers[plugin_index(v, row->plugin)], row->columns[IMPORTER_REPOSITORY]);
        else if (row->table == DUMP_DISTRIBUTOR && row->columns[DISTRIBUTOR_REPOSITORY])
                (void) note_seen(v->distributors[plugin_index(v, row->plugin)], row->columns[DISTRIBUTOR_REPOSITORY]);
}

static int on_bad(const DumpRow *row, const char *item, const char *reason, void *userdata) {
        Validation *v = userdata;

        if (!v->step->skip_corrupted)
                return step_fail(v->step, -EBADMSG, "%s: %s: %s; the option skip_corrupted leaves such documents out",
                                 v->step->configuration->archive, item, reason);
        if (row)
                note_left_out(v, row);
        /* Else the premigration tells of it, which leaves it out. */
        return v->step->dry_run ? problem(v, item, reason) : 0;
}

/* Option validate: looks for the file, which the step content will read. */
static int check_file(Validation *v, const DumpRow *row, const char *storage_path, const char *size,
                      const char *name) {
        const char *path = content_path_relative(storage_path);
        _cleanup_(freep) char *item = NULL, *reason = NULL;
        struct stat st;

        if (!path)
                reason = text_format("its storage path %s is not below " PULP2_CONTENT_DIRECTORY, storage_path);
        else if (fstatat(v->content_fd, path, &st, 0) < 0)
                reason = text_format("%s/%s: %s", v->step->configuration->content, path, strerror(errno));
        else if (!S_ISREG(st.st_mode))
                reason = text_format("%s/%s: is not a file", v->step->configuration->content, path);
        else if (!streq(size, STEP_NUMBER(st.st_size)))
                reason = text_format("%s/%s has %ji bytes, not %s", v->step->configuration->content, path,
                                     (intmax_t) st.st_size, size);
        else
                return 0;
        item = text_format("%s %s%s%s", row->collection, row->id, *name ? " " : "", name);
        if (!item || !reason)
                return step_fail(v->step, -ENOMEM, "out of memory");
        v->n_missing++;
        if (!v->step->skip_corrupted)
                log_error("%s: %s", item, reason);
        return problem(v, item, reason);
}

/* Units of other types than iso that have one file say its size. */
static int check_unit(Validation *v, const DumpRow *row) {
        const char *const *c = row->columns;

        v->n_units++;
        if (v->content_fd < 0)
                return 0;
        if (row->table == DUMP_ISO)
                return *c[ISO_DOWNLOADED] == 't' ? check_file(v, row, c[ISO_PATH], c[ISO_SIZE], c[ISO_NAME]) : 0;
        return *c[UNIT_DOWNLOADED] == 't' && c[UNIT_PATH] && !streq(c[UNIT_SIZE], "0")
                       ? check_file(v, row, c[UNIT_PATH], c[UNIT_SIZE], "")
                       : 0;
}

typedef struct OptionPlace {
        Validation *validation;
        const DumpRow *row;
        const char *repository;
} OptionPlace;

static int on_option(const char *option, const char *reason, void *userdata) {
        const OptionPlace *p = userdata;
        _cleanup_(freep) char *item = text_format("%s %s config.%s", p->row->collection, p->row->id, option),
                              *text = text_format("repository %s: %s", p->repository, reason);

        return item && text ? problem(p->validation, item, text)
                            : step_fail(p->validation->step, -ENOMEM, "out of memory");
}

/* Whether the plan names it; a plan that names none needs all. */
static bool is_planned(const Validation *v, const Plugin *plugin, json_t *const sets[], const char *name) {
        size_t i = plugin_index(v, plugin);

        return note_seen(sets[i], name) || v->step->plan->plugins[i].all;
}

static int choose(Validation *v, const Plugin *plugin, const char *repository) {
        size_t i = plugin_index(v, plugin);

        if (!v->step->plan->plugins[i].all || json_object_get(v->chosen[i], repository))
                return 0;
        return json_object_set_new(v->chosen[i], repository, json_true()) < 0
                       ? step_fail(v->step, -ENOMEM, "out of memory")
                       : 0;
}

static int check_distributor(Validation *v, const DumpRow *row) {
        const char *repository = row->columns[DISTRIBUTOR_REPOSITORY];
        _cleanup_(freep) char *reason = NULL;
        int r;

        if (!is_planned(v, row->plugin, v->distributors, repository))
                return 0;
        r = base_paths_add(&v->paths, row, &reason);
        if (r < 0)
                return step_fail(v->step, r, "%s %s: %s", row->collection, row->id, reason ?: "out of memory");
        return config_options_left(row->config, CONFIG_DISTRIBUTOR, row->plugin, on_option,
                                   &(OptionPlace){ v, row, repository });
}

static int check_importer(Validation *v, const DumpRow *row) {
        const char *repository = row->columns[IMPORTER_REPOSITORY];
        int r;

        r = choose(v, row->plugin, repository);
        if (r < 0 || !is_planned(v, row->plugin, v->importers, repository))
                return r;
        r = config_options_left(row->config, CONFIG_IMPORTER, row->plugin, on_option,
                                &(OptionPlace){ v, row, repository });
        if (r < 0)
                return r;
        if (!row->remote->url || !remote_has_secrets(row->remote) || v->has_key)
                return 0;
        _cleanup_(freep) char *error = NULL;
        Fernet key;

        if (fernet_load(v->step->configuration->key_file, &key, &error) < 0)
                return step_fail(v->step, -EINVAL, "%s %s of repository %s has secrets: %s", row->collection, row->id,
                                 row->columns[IMPORTER_REPOSITORY], error);
        v->has_key = true;
        return 0;
}

static int report_bytes(Validation *v, const DumpRow *row) {
        int r;

        if ((int64_t) row->offset < v->reported_bytes + REPORT_BYTES)
                return 0;
        if (step_is_stopping())
                return step_fail(v->step, -ECANCELED, "stopped by SIGTERM");
        v->reported_bytes = (int64_t) row->offset;
        r = send_problems(v);
        if (r < 0)
                return r;
        r = migrationd_task_progress(v->step->task, v->reported_bytes, (int64_t) row->archive_size_bytes);
        return r < 0 ? step_fail_task(v->step, r) : 0;
}

static int check_repository(Validation *v, const char *repository) {
        (void) note_seen(v->repositories, repository);
        for (size_t i = 0; i < v->step->plan->n_plugins; i++)
                if (v->step->plan->plugins[i].all)
                        return json_object_set_new(v->known, repository, json_true()) < 0
                                       ? step_fail(v->step, -ENOMEM, "out of memory")
                                       : 0;
        return 0;
}

static int on_row(const DumpRow *row, void *userdata) {
        Validation *v = userdata;
        int r = 0;

        if (row->table == DUMP_REPOSITORY)
                r = check_repository(v, row->columns[REPOSITORY_ID]);
        else if (row->table == DUMP_LINK)
                r = choose(v, row->plugin, row->columns[LINK_REPOSITORY]);
        else if (row->table == DUMP_DISTRIBUTOR)
                r = check_distributor(v, row);
        else if (row->table == DUMP_IMPORTER)
                r = check_importer(v, row);
        else if (row->table == DUMP_ISO || row->table == DUMP_UNIT)
                r = check_unit(v, row);
        return r < 0 ? r : report_bytes(v, row);
}

static size_t count_unseen(json_t *set) {
        const char *name;
        json_t *value;
        size_t n = 0;

        json_object_foreach(set, name, value) n += json_is_false(value);
        return n;
}

/* The names of a set that the dump has not shown. */
static char *list_names(json_t *set) {
        char *names = NULL;
        const char *name;
        json_t *value;
        size_t n = 0;

        json_object_foreach(set, name, value) {
                char *longer;

                if (!json_is_false(value))
                        continue;
                longer = ++n > NAMES_MAX ? text_format("%s and %zu more", names, count_unseen(set) - NAMES_MAX)
                                         : text_format("%s%s\"%s\"", names ?: "", names ? ", " : "", name);

                free(names);
                names = longer;
                if (n > NAMES_MAX)
                        break;
        }
        return names;
}

/* Adds the names of a set to a text; what has the place of a %s. */
static void add_names(char **text, json_t *set, const char *what, const char *type) {
        _cleanup_(freep) char *names = list_names(set), *kind = text_format(what, type);
        char *longer;

        if (!names || !kind)
                return;
        longer = text_format("%s%s%s %s", *text ?: "", *text ? "; " : "", kind, names);
        free(*text);
        *text = longer;
}

static int check_names(Validation *v) {
        const Plan *plan = v->step->plan;
        _cleanup_(freep) char *text = NULL;

        add_names(&text, v->repositories, "repositories%s", "");
        for (size_t i = 0; i < plan->n_plugins; i++) {
                add_names(&text, v->importers[i], "repositories with %s", plan->list[i]->importer);
                add_names(&text, v->distributors[i], "repositories with %s", plan->list[i]->distributor);
        }
        return text ? step_fail(v->step, -EBADMSG, "the plan names what %s lacks: %s",
                                v->step->configuration->archive, text)
                    : 0;
}

/* As sql/plan-all.sql chooses. */
static bool is_wanted(const BasePath *path, void *userdata) {
        const Validation *v = userdata;
        size_t i = plugin_index(v, path->plugin);

        return !v->step->plan->plugins[i].all ||
               (json_object_get(v->known, path->name) && json_object_get(v->chosen[i], path->name));
}

static int on_collision(const BasePath *path, const BasePath *other, void *userdata) {
        Validation *v = userdata;
        _cleanup_(freep) char *item = base_path_item(path->plugin, path->object_id),
                              *reason = *other->object_id ? base_path_reason(path->name, path->text, other->object_id,
                                                                             other->name, other->text)
                                                          : base_path_reason_distribution(path, other);

        if (!item || !reason)
                return step_fail(v->step, -ENOMEM, "out of memory");
        if (!v->step->skip_corrupted)
                return step_fail(v->step, -EBADMSG, "%s: %s: %s; the option skip_corrupted leaves %s out",
                                 v->step->configuration->archive, item, reason,
                                 *other->object_id ? "the younger one" : "it");
        /* Else the step repositories or distributions tells of it. */
        return v->step->dry_run ? problem(v, item, reason) : 0;
}

static int check_paths(Validation *v) {
        int r;

        r = validate_add_distributions(v->step, &v->paths);
        if (r < 0)
                return r;
        r = base_paths_check(&v->paths, is_wanted, on_collision, v);
        return r == -ENOMEM ? step_fail(v->step, r, "out of memory") : r;
}

static int read_archive(Validation *v) {
        const Configuration *c = v->step->configuration;
        _cleanup_(freep) char *error = NULL;
        int r;

        r = dump_read(&(DumpRequest){ .path = c->archive,
                                      .database = c->pulp2_database,
                                      .plugins = v->step->plan->list,
                                      .row = on_row,
                                      .bad = on_bad,
                                      .userdata = v },
                      &error);
        if (r >= 0 || v->step->error)
                return r;
        return step_fail(v->step,
                         r == -ENODATA                  ? -EBADMSG
                         : r == -ENOENT || r == -EISDIR ? -ENODATA
                         : r == -EACCES || r == -EPERM  ? -EINVAL
                                                        : r,
                         "%s", error ?: strerror(-r));
}

static int open_content(Validation *v) {
        const char *path = v->step->configuration->content;
        _cleanup_(freep) char *units = text_format("%s/units", path);

        v->content_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (v->content_fd < 0)
                return step_fail(v->step, -ENODATA, "[Pulp2] Content=%s: %s", path, strerror(errno));
        if (!units || access(units, R_OK | X_OK) < 0)
                log_warning("[Pulp2] Content=%s: has no directory units that can be read; only on-demand content can "
                            "be "
                            "migrated",
                            path);
        if (!v->step->check_files) {
                (void) close(v->content_fd);
                v->content_fd = -EBADF;
        }
        return 0;
}

static int validate(Validation *v) {
        Step *s = v->step;
        int64_t total;
        int r;

        r = validate_target(s);
        if (r >= 0)
                r = validate_media_root(s);
        if (r >= 0)
                r = open_content(v);
        if (r >= 0)
                r = collect_names(v);
        if (r >= 0)
                r = read_archive(v);
        if (r >= 0)
                r = check_names(v);
        if (r >= 0)
                r = check_paths(v);
        if (r >= 0 && v->n_missing > 0 && !s->skip_corrupted)
                r = step_fail(s, -EBADMSG,
                              "%" PRIu64 " of %" PRIu64 " units have no good file, see the problems; the option "
                              "skip_corrupted leaves them out",
                              v->n_missing, v->n_units);
        if (r < 0)
                return r;
        total = migrationd_task_total(s->task);
        r = migrationd_task_progress(s->task, MAX(v->reported_bytes, total), MAX(v->reported_bytes, total));
        return r < 0 ? step_fail_task(s, r) : 0;
}

int validate_run(Step *s) {
        Validation v = { .step = s, .content_fd = -EBADF };
        int r, sent;

        r = validate(&v);
        /* Also those that were found before it failed. */
        sent = send_problems(&v);
        if (r >= 0)
                r = sent;
        base_paths_done(&v.paths);
        json_decref(v.repositories);
        json_decref(v.known);
        for (size_t i = 0; i < PLUGINS_MAX; i++) {
                json_decref(v.importers[i]);
                json_decref(v.distributors[i]);
                json_decref(v.chosen[i]);
        }
        if (v.content_fd >= 0)
                (void) close(v.content_fd);
        return r;
}
