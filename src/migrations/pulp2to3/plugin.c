/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/plugin.h"

#include "base/text.h"
#include "pulp2to3-sql.h"

static const PluginRelation rpm_relations[] = {
        { "erratum", sql_verify_erratum },
        { "modulemd", sql_verify_modulemd },
        { "modulemd_defaults", sql_verify_modulemd_defaults },
        { "distribution", sql_verify_distribution_tree },
        { "distribution", sql_verify_distribution_parts },
        {},
};

static const PluginRelation deb_relations[] = {
        { "deb_component", sql_verify_deb_component },
        {},
};

static const PluginRelation docker_relations[] = {
        { "docker_manifest", sql_verify_docker_links },
        { "docker_manifest_list", sql_verify_docker_links },
        {},
};

static const Plugin plugins[] = {
        { .name = "iso",
          .app = "file",
          .version = "pulp_file 1.10",
          .importer = "iso_importer",
          .distributor = "iso_distributor",
          .manifest = "PULP_MANIFEST",
          .sql_tables = sql_target_tables_iso,
          .sql_remote = sql_remote_iso,
          .sql_repository = sql_repository_iso,
          .sql_reset = sql_reset_iso,
          .sql_outdated = sql_outdated_iso,
          .sql_verify = sql_verify_iso,
          .sql_distribution = sql_distribution_iso },
        { .name = "rpm",
          .app = "rpm",
          .version = "pulp_rpm 3.17",
          .importer = "yum_importer",
          .distributor = "yum_distributor",
          .sql_tables = sql_target_tables_rpm,
          .sql_remote = sql_remote_rpm,
          .sql_repository = sql_repository_rpm,
          .sql_reset = sql_reset_rpm,
          .sql_outdated = sql_outdated_rpm,
          .sql_verify = sql_verify_rpm,
          .verify_relations = rpm_relations,
          .sql_distribution = sql_distribution_rpm,
          .sql_version = sql_version_rpm },
        { .name = "deb",
          .app = "deb",
          .version = "pulp_deb 2.18",
          .importer = "deb_importer",
          .distributor = "deb_distributor",
          .sql_tables = sql_target_tables_deb,
          .sql_remote = sql_remote_deb,
          .sql_repository = sql_repository_deb,
          .sql_reset = sql_reset_deb,
          .sql_outdated = sql_outdated_deb,
          .sql_verify = sql_verify_deb,
          .verify_relations = deb_relations,
          .sql_distribution = sql_distribution_deb,
          .sql_version = sql_version_deb },
        { .name = "docker",
          .app = "container",
          .version = "pulp_container 2.11",
          .importer = "docker_importer",
          .distributor = "docker_distributor_web",
          .sql_tables = sql_target_tables_docker,
          .sql_remote = sql_remote_docker,
          .sql_repository = sql_repository_docker,
          .sql_reset = sql_reset_docker,
          .sql_outdated = sql_outdated_docker,
          .sql_verify = sql_verify_docker,
          .verify_relations = docker_relations,
          .sql_distribution = sql_distribution_docker,
          .sql_version = sql_version_docker,
          .sql_yielding = sql_version_yielding_docker },
};

const Plugin *plugin_find(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(plugins); i++)
                if (streq_ptr(plugins[i].name, name))
                        return &plugins[i];
        return NULL;
}
