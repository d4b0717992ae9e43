-- SPDX-License-Identifier: LGPL-2.1-or-later
-- How a target's migrations differ from those of pulpcore 3.18 (migration 0087 of core), pulp_file 1.10 (0013 of file),
-- pulp_rpm 3.17 (0040 of rpm), pulp_deb 2.18 (0017 of deb) and pulp_container 2.11 (0029 of container): those that are applied and
-- not known here, and those that are known and not applied. No row: it is that version. $1: which of these apps are looked at, as an array.
WITH known (app, name) AS (
        SELECT 'core', unnest(ARRAY[
        '0001_initial', '0002_increase_artifact_size_field', '0003_remove_upload_completed',
        '0004_add_duplicated_reserved_resources', '0005_progressreport_code',
        '0006_repository_plugin_managed', '0007_delete_progress_proxies',
        '0008_published_metadata_as_content', '0009_remove_task_non_fatal_errors', '0010_pulp_fields',
        '0011_relative_path', '0012_auto_20191104_2000', '0013_repository_pulp_type',
        '0014_remove_repository_plugin_managed', '0015_auto_20191112_1426',
        '0016_charfield_to_textfield', '0017_remove_task_parent', '0018_auto_20191127_2350',
        '0019_add_signing_service_model', '0020_change_publishedartifact_constraints',
        '0021_add_signing_service_foreign_key', '0022_rename_last_version',
        '0023_change_exporter_models', '0024_use_local_storage_for_uploads', '0025_task_parent_task',
        '0026_task_group', '0027_export_backend',
        '0028_import_importer_pulpimporter_pulpimporterrepository', '0029_export_delete',
        '0030_taskgroup_all_tasks_dispatched', '0031_import_export_validate_params',
        '0032_export_to_chunks', '0033_increase_remote_artifact_size_field', '0034_groupprogressreport',
        '0035_content_upstream_id', '0036_unprotect_last_export', '0037_pulptemporaryfile',
        '0038_repository_remote', '0039_change_download_concurrency', '0040_set_admin_is_staff',
        '0041_accesspolicy', '0042_rbac_for_tasks', '0043_toc_attribute',
        '0044_temp_file_artifact_field', '0045_accesspolicy_permissions_allow_null',
        '0046_task__resource_job_id', '0047_improve_orphan_cleanup', '0048_fips_checksums',
        '0049_add_file_field_to_uploadchunk', '0050_namespace_access_policies', '0051_timeoutfields',
        '0052_tasking_logging_cid', '0053_remote_headers', '0054_add_public_key', '0055_label',
        '0056_remote_rate_limit', '0057_add_label_indexes', '0058_accesspolicy_customized',
        '0059_proxy_creds', '0060_data_migration_proxy_creds',
        '0061_call_handle_artifact_checksums_command', '0062_add_new_distribution_mastermodel',
        '0063_repository_retained_versions', '0064_repository_user_hidden',
        '0064_add_new_style_task_columns', '0065_merge_20210615_1211',
        '0066_download_concurrency_and_retry_changes', '0067_add_protect_to_task_reservation',
        '0068_add_timestamp_of_interest', '0069_update_json_fields', '0070_rename_retained_versions',
        '0071_filesystemexport_filesystemexporter', '0072_add_method_to_filesystem_exporter',
        '0073_encrypt_remote_fields', '0074_acs', '0075_rbaccontentguard',
        '0076_remove_reserved_resource', '0077_move_remote_url_credentials',
        '0078_grouprole_role_userrole',
        '0079_rename_permissions_assignment_accesspolicy_creation_hooks', '0080_proxy_group_model',
        '0081_reapplabel_group_permissions', '0082_add_manage_roles_permissions',
        '0083_alter_group_options', '0084_alter_rbaccontentguard_options',
        '0085_contentredirectcontentguard', '0086_task_json_fields', '0087_taskschedule'])
        UNION ALL SELECT 'file', unnest(ARRAY[
        '0001_initial', '0002_file_related_names', '0003_auto_20191014_1721',
        '0004_filefilesystemexporter', '0005_filerepository', '0006_delete_filefilesystemexporter',
        '0007_filefilesystemexporter', '0008_add_manifest_field',
        '0009_move_data_to_new_master_distribution_model', '0010_auto_publish', '0011_fix_auto_publish',
        '0012_delete_filefilesystemexporter', '0013_file_acs'])
        UNION ALL SELECT 'deb', unnest(ARRAY[
        '0001_initial', '0002_auto_20190905_1000', '0003_rename_package_field',
        '0004_auto_20191014_1722', '0005_rename_release_file', '0006_debrepository',
        '0007_create_metadata_models', '0008_debremote_gpgkey', '0009_apt_release_signing_service',
        '0010_debpublication_signing_service', '0011_rename_models_to_apt', '0012_auto_20200803_1337',
        '0013_aptremote_ignore_missing_package_indices', '0014_swap_distribution_model',
        '0015_add_custom_fields_to_packages', '0016_switch_to_newer_jsonfield_model',
        '0017_allow_longer_string_lists'])
        UNION ALL SELECT 'container', unnest(ARRAY[
        '0001_initial', '0002_containerrepository', '0003_oci_mediatype', '0004_upload',
        '0005_contentredirectcontentguard', '0006_containerpushrepository',
        '0007_clear_tags_artifacts_refs', '0008_include_exclude_tags', '0009_container_namespace',
        '0010_remove_uploadchunk', '0011_add_container_repository_permissions',
        '0012_add_container_namespace_permissions', '0013_add_pull_push_permissions',
        '0014_containerdistribution_private', '0015_manage_tags_push_repo',
        '0016_add_delete_versions_permission', '0017_add_granular_perms',
        '0018_containerdistribution_description', '0019_DATA_distribution_model_swap',
        '0020_update_push_repo_perms', '0021_data_move_redirect_content_guard_to_core',
        '0022_delete_contentredirectcontentguard', '0023_manifestsignature',
        '0024_containerremote_sigstore', '0025_signature_stored_in_textfield',
        '0026_manifest_signing_service', '0027_data_translate_perms_to_roles',
        '0028_add_role_manage_permissions', '0029_remove_blob_media_type'])
        UNION ALL SELECT 'rpm', unnest(ARRAY[
        '0001_initial', '0002_updaterecord_reboot_suggested', '0003_DATA_incorrect_json',
        '0004_add_metadata_signing_service_fk', '0005_optimize_sync', '0006_opensuse_support',
        '0007_checksum_types', '0008_advisory_pkg_sumtype_as_int', '0009_revision_null',
        '0010_revision_null_redo', '0011_rpmremote_sles_auth_token',
        '0012_remove_pkg_group_env_cat_related_pkgs', '0013_RAW_rpm_evr_extension',
        '0014_rpmrepository_package_retention_policy', '0015_repo_metadata', '0016_dist_tree_nofk',
        '0017_merge_advisory_collections', '0018_updatecollection__update_record',
        '0019_migrate_updatecollection_data', '0020_remove_updatecollection_m2m',
        '0021_rename_updatecollection_update_record', '0022_add_collections_related_name',
        '0023_increase_distribution_release_short', '0024_change_subrepo_relation_properties',
        '0025_remove_orphaned_subrepos', '0026_add_gpgcheck_options', '0027_checksum_null',
        '0028_rpmrepository_last_sync_repomd_cheksum', '0029_rpmpublication_sqlite_metadata',
        '0030_DATA_fix_updaterecord', '0031_modulemd_static_context', '0032_ulnremote',
        '0033_new_distribution_model', '0034_auto_publish', '0035_fix_auto_publish',
        '0036_checksum_type', '0037_DATA_remove_rpmrepository_sub_repo', '0037_update_json_field',
        '0038_fix_sync_optimization', '0039_disttree_digest', '0040_rpmalternatecontentsource'])
), applied (app, name) AS (
        SELECT app::text, name::text FROM public.django_migrations WHERE app = ANY ($1::text[])
)
SELECT coalesce(k.app, a.app), coalesce(k.name, a.name), k.name IS NULL,
        (SELECT max(name) FROM applied l WHERE l.app = coalesce(k.app, a.app)),
        (SELECT max(name) FROM known l WHERE l.app = coalesce(k.app, a.app))
        FROM (SELECT * FROM known WHERE app = ANY ($1::text[])) k FULL JOIN applied a ON a.app = k.app AND a.name = k.name
        WHERE k.name IS NULL OR a.name IS NULL
        ORDER BY 1, 3 DESC, 2;
