"""The demo: a fixed cast, three consultations and a fund, so that anyone can walk the whole story.

A newcomer, a translator or an auditor should see in five minutes what a promise kept, a promise
kept late and a promise broken look like. The story is data (`texts/*.toml`), told in the languages
of the people who tell it. It lies in the past, which the services refuse, so the loader writes it as rows,
under the same constraints as every real consultation (docs/decisions/0004).

`texts/cast.toml` holds organisations and people; `alerts.toml` is open, `maps.toml` published with Tern late, and
`voices.toml` closed, with measures and views from the ground; `fund.toml` holds the fund's money, calls and grants.
Days are counted from the day of loading; negative ones lie in the past. Everybody and everything in these files is
invented: no real company, person or place of danger is named.
"""
