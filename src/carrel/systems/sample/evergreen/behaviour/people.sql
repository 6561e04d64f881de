-- Patrons: what a change of a record writes beside itself.

CREATE FUNCTION actor.crypt_pw_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.passwd := md5(NEW.passwd);
  RETURN NEW;
END $$;

CREATE FUNCTION actor.crypt_pw_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.passwd IS DISTINCT FROM OLD.passwd THEN
    NEW.passwd := md5(NEW.passwd);
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION actor.au_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.last_update_time := now();
  RETURN NEW;
END $$;

-- Every name once more, as search words.
CREATE FUNCTION actor.user_ingest_name_keywords() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.name_kw_tsvector := to_tsvector('simple', concat_ws(' ',
    NEW.prefix, NEW.first_given_name, NEW.second_given_name, NEW.family_name, NEW.suffix,
    NEW.pref_prefix, NEW.pref_first_given_name, NEW.pref_second_given_name, NEW.pref_family_name, NEW.pref_suffix,
    NEW.name_keywords
  ));
  RETURN NEW;
END $$;

-- The differences of a change, kept for ever; shipped switched off.
CREATE FUNCTION actor.record_usr_delta() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  who record;
BEGIN
  SELECT * INTO who FROM auditor.get_audit_info();
  INSERT INTO actor.usr_delta_history (eg_user, eg_ws, usr_id, delta, keylist)
  SELECT who.eg_user, who.eg_ws, OLD.id, jsonb_object_agg(was.key, jsonb_build_array(was.value, becomes.value)),
    array_agg(was.key ORDER BY was.key)
  FROM jsonb_each(to_jsonb(OLD)) was JOIN jsonb_each(to_jsonb(NEW)) becomes USING (key)
  WHERE was.value IS DISTINCT FROM becomes.value
  HAVING count(*) > 0;
  RETURN NEW;
END $$;

CREATE FUNCTION actor.usr_activity_get_type(ewho text, ewhat text, ehow text) RETURNS SETOF config.usr_activity_type
LANGUAGE sql STABLE AS $$
  SELECT * FROM config.usr_activity_type t
  WHERE t.enabled AND coalesce(t.ewho, $1, '') = coalesce($1, '') AND coalesce(t.ewhat, $2, '') = coalesce($2, '')
    AND coalesce(t.ehow, $3, '') = coalesce($3, '')
  ORDER BY num_nonnulls(t.ewho, t.ewhat, t.ehow) DESC LIMIT 1
$$;

CREATE FUNCTION actor.insert_usr_activity(usr integer, ewho text, ewhat text, ehow text, edata text DEFAULT NULL)
RETURNS SETOF actor.usr_activity LANGUAGE sql AS $$
  INSERT INTO actor.usr_activity (usr, etype, event_data)
  SELECT $1, t.id, $5 FROM actor.usr_activity_get_type($2, $3, $4) t RETURNING *
$$;

-- Of a passing kind only the newest row of a patron stays.
CREATE FUNCTION actor.usr_activity_transient_trg() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM actor.usr_activity a USING config.usr_activity_type t
  WHERE t.id = NEW.etype AND t.transient AND a.etype = t.id AND a.usr = NEW.usr;
  RETURN NEW;
END $$;

CREATE FUNCTION actor.purge_usr_activity_by_type(act_type integer) RETURNS void LANGUAGE sql AS $$
  DELETE FROM actor.usr_activity a USING (
    SELECT usr, max(event_time) AS newest FROM actor.usr_activity WHERE etype = act_type GROUP BY usr
  ) last
  WHERE a.etype = act_type AND a.usr = last.usr AND a.event_time < last.newest
$$;

-- A category's entry is kept as text beside the patron, so a change of the entry runs through every patron.
CREATE FUNCTION actor.stat_cat_entry_usr_map_cascade_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE actor.stat_cat_entry_usr_map SET stat_cat_entry = NEW.value
  WHERE stat_cat = OLD.stat_cat AND stat_cat_entry = OLD.value;
  RETURN NEW;
END $$;

CREATE FUNCTION actor.stat_cat_entry_usr_map_cascade_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM actor.stat_cat_entry_usr_map WHERE stat_cat = OLD.stat_cat AND stat_cat_entry = OLD.value;
  RETURN OLD;
END $$;
