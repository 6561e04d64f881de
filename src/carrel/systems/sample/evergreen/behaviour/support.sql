-- Branches, settings, and the checks that stand where a foreign key cannot (a copy may be a serial unit).

-- A branch and everything above it, nearest first.
CREATE FUNCTION actor.org_unit_ancestors(branch integer) RETURNS SETOF actor.org_unit LANGUAGE sql STABLE AS $$
  WITH RECURSIVE above (id, steps) AS (
    SELECT branch, 0
    UNION ALL
    SELECT u.parent_ou, above.steps + 1 FROM above JOIN actor.org_unit u ON u.id = above.id
    WHERE u.parent_ou IS NOT NULL
  )
  SELECT u.* FROM above JOIN actor.org_unit u ON u.id = above.id ORDER BY above.steps
$$;

-- The value that counts for a branch: its own, or the nearest above.
CREATE FUNCTION actor.org_unit_ancestor_setting(setting text, branch integer) RETURNS SETOF actor.org_unit_setting
LANGUAGE sql STABLE AS $$
  WITH RECURSIVE above (id, steps) AS (
    SELECT branch, 0
    UNION ALL
    SELECT u.parent_ou, above.steps + 1 FROM above JOIN actor.org_unit u ON u.id = above.id
    WHERE u.parent_ou IS NOT NULL
  )
  SELECT s.* FROM above JOIN actor.org_unit_setting s ON s.org_unit = above.id AND s.name = setting
  ORDER BY above.steps LIMIT 1
$$;

-- Whether aged rows of a branch go without a detail: the ancestor of the highest number decides, not the nearest.
CREATE FUNCTION evergreen.spares_detail(setting text, branch integer) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce((
    SELECT s.value = 'true' FROM actor.org_unit_setting s
    WHERE s.name = setting AND s.org_unit IN (SELECT id FROM actor.org_unit_ancestors(branch))
    ORDER BY s.org_unit DESC LIMIT 1
  ), false)
$$;

-- A value of a switch that is on; nothing where it is off or empty.
CREATE FUNCTION evergreen.global_flag(flag text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT value FROM config.global_flag WHERE name = flag AND enabled
$$;

CREATE FUNCTION evergreen.refuse_unknown_copy(number bigint, place text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF number IS NOT NULL AND NOT EXISTS (SELECT 1 FROM asset.copy WHERE id = number) THEN
    RAISE foreign_key_violation USING MESSAGE = format('%s names a copy that does not exist', place);
  END IF;
END $$;

CREATE FUNCTION evergreen.fake_fkey_tgr() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM evergreen.refuse_unknown_copy((to_jsonb(NEW) ->> TG_ARGV[0])::bigint, TG_ARGV[0]);
  RETURN NEW;
END $$;

CREATE FUNCTION evergreen.asset_copy_alert_copy_inh_fkey() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM evergreen.refuse_unknown_copy(NEW.copy, 'copy');
  RETURN NEW;
END $$;

CREATE FUNCTION evergreen.asset_copy_inventory_copy_inh_fkey() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM evergreen.refuse_unknown_copy(NEW.copy, 'copy');
  RETURN NEW;
END $$;

CREATE FUNCTION evergreen.asset_copy_note_owning_copy_inh_fkey() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM evergreen.refuse_unknown_copy(NEW.owning_copy, 'owning_copy');
  RETURN NEW;
END $$;

CREATE FUNCTION evergreen.container_copy_bucket_item_target_copy_inh_fkey() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM evergreen.refuse_unknown_copy(NEW.target_copy, 'target_copy');
  RETURN NEW;
END $$;

CREATE FUNCTION asset.acp_status_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status IS DISTINCT FROM OLD.status THEN
    NEW.status_changed_time := now();
  END IF;
  RETURN NEW;
END $$;
