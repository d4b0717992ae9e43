-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a batch's rows have in the tables of plugin rpm, whatever kind of row they are.
DELETE FROM public.rpm_rpmdistribution d USING pg_temp.gone g WHERE d.distribution_ptr_id = g.id;
DELETE FROM public.rpm_rpmpublication d USING pg_temp.gone g WHERE d.publication_ptr_id = g.id;
DELETE FROM public.rpm_rpmrepository d USING pg_temp.gone g WHERE d.repository_ptr_id = g.id;
DELETE FROM public.rpm_rpmremote d USING pg_temp.gone g WHERE d.remote_ptr_id = g.id;
DELETE FROM public.rpm_modulemd_packages m USING pg_temp.gone g WHERE m.package_id = g.id;
DELETE FROM public.rpm_modulemd_packages m USING pg_temp.gone g WHERE m.modulemd_id = g.id;
DELETE FROM public.rpm_updatecollectionpackage p USING public.rpm_updatecollection c, pg_temp.gone g
        WHERE p.update_collection_id = c.pulp_id AND c.update_record_id = g.id;
DELETE FROM public.rpm_updatecollection c USING pg_temp.gone g WHERE c.update_record_id = g.id;
DELETE FROM public.rpm_updatereference r USING pg_temp.gone g WHERE r.update_record_id = g.id;
DELETE FROM public.rpm_addon a USING pg_temp.gone g WHERE a.distribution_tree_id = g.id;
DELETE FROM public.rpm_variant v USING pg_temp.gone g WHERE v.distribution_tree_id = g.id;
DELETE FROM public.rpm_image i USING pg_temp.gone g WHERE i.distribution_tree_id = g.id;
DELETE FROM public.rpm_checksum c USING pg_temp.gone g WHERE c.distribution_tree_id = g.id;
DELETE FROM public.rpm_updaterecord d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;
DELETE FROM public.rpm_distributiontree d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;
DELETE FROM public.rpm_modulemd d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;
DELETE FROM public.rpm_modulemddefaults d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;
DELETE FROM public.rpm_packagecategory d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;
DELETE FROM public.rpm_packageenvironment d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;
DELETE FROM public.rpm_packagegroup d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;
DELETE FROM public.rpm_packagelangpacks d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;
DELETE FROM public.rpm_repometadatafile d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;
DELETE FROM public.rpm_package d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;

-- Remotes that were there before get back what they had here.
UPDATE public.rpm_rpmremote d SET sles_auth_token = f.sles_auth_token
        FROM migrationd_pulp2to3.made m CROSS JOIN LATERAL jsonb_populate_record(NULL::public.rpm_rpmremote, m.former) f
        WHERE m.kind = 'remotedetail' AND m.id = d.remote_ptr_id;
DELETE FROM migrationd_pulp2to3.made m USING public.rpm_rpmremote d WHERE m.kind = 'remotedetail' AND m.id = d.remote_ptr_id;

-- So do repositories, and modules lose the links that they had not.
UPDATE public.rpm_rpmrepository d SET retain_package_versions = f.retain_package_versions
        FROM migrationd_pulp2to3.made m CROSS JOIN LATERAL jsonb_populate_record(NULL::public.rpm_rpmrepository, m.former) f
        WHERE m.kind = 'repositorydetail' AND m.id = d.repository_ptr_id;
DELETE FROM migrationd_pulp2to3.made m USING public.rpm_rpmrepository d WHERE m.kind = 'repositorydetail' AND m.id = d.repository_ptr_id;
DELETE FROM public.rpm_modulemd_packages l USING migrationd_pulp2to3.made m
        WHERE m.kind = 'modulelinks' AND m.id = l.modulemd_id AND m.former ? l.package_id::text;
DELETE FROM migrationd_pulp2to3.made m WHERE m.kind = 'modulelinks';
