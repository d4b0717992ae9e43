-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Tables that a migration of plugin rpm writes and the target lacks, or that this role may not write: name,
-- whether it is there.
SELECT name, to_regclass('public.' || name) IS NOT NULL FROM unnest(ARRAY[
        'core_artifact', 'core_content', 'core_contentartifact', 'core_distribution',
        'core_publication', 'core_publishedartifact', 'core_publishedmetadata', 'core_remote', 'core_remoteartifact',
        'core_repository', 'core_repositorycontent', 'core_repositoryversion', 'core_repositoryversioncontentdetails',
        'rpm_checksum', 'rpm_distributiontree', 'rpm_image', 'rpm_modulemd', 'rpm_modulemd_packages',
        'rpm_modulemddefaults', 'rpm_package', 'rpm_packagecategory', 'rpm_packageenvironment', 'rpm_packagegroup',
        'rpm_packagelangpacks', 'rpm_repometadatafile', 'rpm_rpmdistribution', 'rpm_rpmpublication', 'rpm_rpmremote',
        'rpm_rpmrepository', 'rpm_updatecollection', 'rpm_updatecollectionpackage', 'rpm_updaterecord',
        'rpm_updatereference', 'rpm_variant']) AS needed (name)
        WHERE CASE WHEN to_regclass('public.' || name) IS NULL THEN true
                ELSE EXISTS (SELECT FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p (privilege)
                        WHERE NOT has_table_privilege('public.' || name, privilege)) END ORDER BY name;
