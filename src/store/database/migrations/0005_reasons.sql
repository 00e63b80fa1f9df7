-- Reasons are lists of values in one order, without names.
UPDATE items SET reasons = (
    SELECT json_group_array(json_array(
        value ->> 'phrase', value ->> 'found', value ->> 'place', value ->> 'weight', value ->> 'label'
    ))
    FROM json_each(items.reasons)
);
