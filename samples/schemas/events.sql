-- DuckDB: columns like those of events.yaml, from a table r of row numbers, its column "range".
SELECT uuid()::VARCHAR AS id,
       range AS event_id,
       (1e6 * pow(random(), 3))::BIGINT AS user_id,
       TIMESTAMP '2024-01-01' + to_microseconds(range * 1000 + (random() * 1000)::BIGINT) AS ts,
       list_extract(['DE','FR','US','GB','IT','ES','PL','NL','SE','NO','DK','FI','CH','AT','BE','PT','IE','CZ','GR','HU'], 1 + (random() * 20)::INT % 20) AS country,
       list_extract(['ios','android','web','tv','api'], 1 + (random() * 5)::INT % 5) AS device,
       exp(3 + random() * 2)::DECIMAL(10,2) AS amount,
       (1 + random() * 19)::SMALLINT AS quantity,
       sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) AS score,
       random() < 0.3 AS flag,
       'ORD-' || lpad((random() * 999999)::INT::VARCHAR, 6, '0') AS code,
       CASE WHEN random() < 0.1 THEN NULL ELSE (random() * 1e9)::BIGINT END AS ref
FROM r
