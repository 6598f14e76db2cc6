"""The verbs in names and texts of operations, and what they do to a resource."""

from __future__ import annotations

READ = {"get", "list", "read", "show", "fetch", "retrieve", "view", "search", "query", "find", "lookup", "describe",
    "count", "check", "compare", "preview", "download", "browse", "estimate", "calculate", "compute", "quote",
    "validate", "verify", "decode", "parse", "inspect", "discover", "watch", "stream", "poll", "ping", "suggest",
    "autocomplete", "explain", "scroll", "simulate", "diff", "resolve", "render", "convert", "translate", "has",
    "is", "can", "should", "contains", "exists", "peek", "select", "load", "aggregate", "filter", "facet",
    "similar", "analyze", "identify", "recommend", "evaluate", "return", "match", "display", "export", "tail",
    "trace", "locate", "summarize", "detect", "predict", "measure", "obtain", "enumerate", "introspect", "collect",
    "print", "track", "wait"}  # fmt: skip
# By POST, other verbs of reading may change something: `check` a guest in, `resolve` an incident.
READ_BY_POST = {"get", "list", "fetch", "retrieve", "search", "query", "find", "lookup", "describe", "count",
    "check", "compare", "preview", "estimate", "calculate", "compute", "validate", "decode", "parse", "inspect",
    "scroll", "facet", "similar", "suggest", "autocomplete", "explain", "simulate", "diff", "aggregate", "filter",
    "recommend", "browse", "enumerate", "introspect", "render"}  # fmt: skip
CREATE = {"create", "add", "insert", "append", "import", "upload", "register", "submit", "send", "resend", "invite",
    "start", "begin", "run", "execute", "trigger", "invoke", "launch", "post", "place", "buy", "purchase", "pay",
    "charge", "capture", "collect", "book", "reserve", "subscribe", "follow", "join", "enroll", "sign", "login",
    "signin", "signup", "authorize", "authenticate", "connect", "open", "generate", "issue", "request", "schedule",
    "enqueue", "dispatch", "deploy", "build", "install", "provision", "clone", "copy", "duplicate", "fork",
    "commit", "exchange", "redeem", "claim", "vote", "like", "share", "notify", "broadcast", "announce", "forward",
    "reply", "comment", "crosspost", "emit", "ingest", "record", "store", "log", "track", "report", "deliver",
    "produce", "print", "call", "dial", "make", "prepare", "boot", "spawn", "instantiate", "initiate", "initialize",
    "grant", "impersonate", "award", "donate", "order", "play", "push", "apply", "attach", "mint", "test",
    "checkout", "star", "setup", "deposit", "sell", "trade", "hire", "checkin", "bid", "rerun",
    "retry", "redeliver", "resubmit", "process", "reprocess", "transmit", "wake", "ring", "dispense",
    "snapshot", "backup", "answer"}  # fmt: skip
UPDATE = {"update", "edit", "set", "modify", "change", "patch", "rename", "move", "reorder", "sort", "swap",
    "assign", "reassign", "adjust", "configure", "mark", "tag", "label", "toggle", "switch", "enable", "activate",
    "reactivate", "resume", "unpause", "pause", "lock", "unlock", "archive", "unarchive", "undelete", "approve",
    "confirm", "accept", "acknowledge", "ack", "complete", "finalize", "finish", "promote", "demote", "upgrade",
    "downgrade", "migrate", "resize", "scale", "sync", "synchronize", "refresh", "rebuild", "reindex",
    "recalculate", "reload", "compact", "optimize", "renew", "extend", "bind", "link", "associate", "pin", "mute",
    "unmute", "unblock", "unban", "skip", "shuffle", "save", "upsert", "transition", "reconcile", "increment",
    "decrement", "reopen", "snooze", "escalate", "defer", "relocate", "transfer", "rebalance", "redirect", "tune",
    "prioritize", "hide", "unhide", "publish", "replay", "repair", "settle", "override", "seek",
    "verify", "put", "write", "freeze", "unfreeze", "thaw", "cordon", "uncordon", "fulfill", "fulfil", "ship",
    "hold", "mount", "allowlist", "whitelist", "turnon", "poweron", "vacuum", "encrypt", "decrypt", "convert",
    "adopt", "resolve", "unsuspend", "silence", "unsilence", "defragment", "arm", "disarm", "increase", "decrease",
    "bump", "touch", "recompute", "acquire", "unassociate", "hibernate", "unhold"}  # fmt: skip
DESTRUCTIVE = {"delete", "remove", "revoke", "cancel", "purge", "destroy", "terminate", "unclaim", "void",
    "replace", "reset", "disable", "deactivate", "unsubscribe", "uninstall", "unpublish", "rotate", "roll", "erase",
    "wipe", "overwrite", "merge", "unmerge", "unmap", "prune", "redact", "expire", "flush", "truncate", "detach",
    "ban", "kick", "exec", "invalidate", "evict", "drain", "kill", "abort", "halt", "shutdown", "stop", "restart",
    "reboot", "reimage", "reinstall", "reformat", "clear", "drop", "empty", "block", "suspend", "close", "reject",
    "decline", "deny", "refuse", "dismiss", "discard", "trash", "forget", "anonymize", "logout", "signout",
    "logoff", "leave", "quit", "withdraw", "refund", "reverse", "rollback", "revert", "restore", "recover",
    "unregister", "deregister", "decommission", "deprovision", "disconnect", "disassociate", "dissociate", "unlink",
    "unassign", "untag", "unpin", "unfollow", "unlike", "unstar", "unsave", "unshare", "unbind", "unset", "eject",
    "expel", "regenerate", "recreate", "consume", "retire", "undeploy", "undo", "deallocate", "end", "turnoff",
    "poweroff", "switchoff", "writeoff", "takedown", "teardown", "optout", "rollover", "unmount", "failover",
    "annul", "nullify", "rescind", "retract", "shred", "scrub", "rekey", "blacklist", "blocklist", "denylist",
    "fire", "quarantine", "release", "offboard", "relinquish", "surrender", "vacate", "evacuate", "forfeit",
    "abandon", "disown", "dispose", "unsend", "unschedule", "uninvite", "disinvite", "unenroll", "unpair", "unjoin",
    "deauthorize", "deauthenticate", "unlist", "delist", "deindex", "unindex", "depublish", "expunge", "eliminate",
    "scrap", "obliterate", "squash", "lockout", "shutoff", "format", "isolate", "burn", "dequeue", "deprecate",
    "sunset", "unload", "unwatch", "unstage", "untrack", "unapprove", "deselect", "exclude",
    "downsize", "supersede", "impound", "confiscate", "repossess", "clean", "cleanup",
    "sweep", "calloff", "garbagecollect", "pop", "hangup", "nuke", "liquidate", "dedupe", "deduplicate"}  # fmt: skip
# Also nouns or adjectives, so that they say something only where a verb stands.
NOUNS = {"import", "upload", "sign", "start", "run", "trigger", "launch", "post", "place", "purchase", "charge",
    "capture", "book", "order", "build", "install", "copy", "fork", "commit", "exchange", "claim", "vote", "like",
    "share", "forward", "reply", "comment", "record", "store", "log", "track", "report", "transfer", "print",
    "call", "boot", "grant", "award", "play", "push", "mint", "test", "checkout", "star", "open", "issue",
    "request", "schedule", "clone", "attach", "invite", "deploy", "dispatch", "collect", "change", "patch", "move",
    "sort", "swap", "mark", "tag", "label", "toggle", "switch", "lock", "archive", "pin", "link", "scale", "sync",
    "release", "seek", "skip", "pause", "upgrade", "complete", "finish", "transition", "override", "associate",
    "reset", "roll", "ban", "stop", "clear", "drop", "empty", "block", "close", "trash", "leave", "refund", "reverse",
    "restore", "end",
    "expire", "match", "filter", "trace", "tail", "export", "display", "view", "check", "query", "read", "load",
    "count", "quote", "select", "show", "stream", "watch", "return", "preview", "download", "list", "search",
    "facet", "similar", "hold", "ship", "mount", "deposit", "trade", "bid", "fire", "freeze", "checkin", "setup",
    "rollover", "process", "ring", "touch", "format", "burn", "scrap", "increase", "decrease", "retry",
    "sunset", "lockout", "bump", "snapshot", "backup", "sweep", "answer", "allowlist",
    "whitelist", "blacklist", "blocklist", "denylist"}  # fmt: skip
SECRETS = frozenset({"token", "tokens", "key", "keys", "secret", "secrets", "credential", "credentials", "password"})
# After these words a verb of the list above is a noun: `order status`, `cancel reasons`.
DESCRIBING = {"status", "state", "info", "information", "detail", "details", "history", "log", "logs", "result",
    "results", "reason", "reasons", "list", "report", "reports", "summary", "statistics", "stats", "metrics",
    "settings", "preferences", "options", "policy", "policies", "template", "templates", "type", "types", "queue",
    "count", "counts", "schema", "definition", "definitions", "id", "ids", "events", "event", "config",
    "configuration", "metadata"}  # fmt: skip

_NOUN_ENDINGS = ("s", "es", "ion", "ions", "ation", "ations", "lation", "lations", "al", "als", "ure", "ures")
_IRREGULAR = {"revocation", "suspension", "expulsion", "expiry"}
_ALL = READ | CREATE | UPDATE | DESTRUCTIVE


def is_known_verb(word: str) -> bool:
    """Whether a word is the base form of a verb in the lists of this module."""
    return word in _ALL


def base_form(word: str) -> str:
    """The verb that a word is a form of (`deletes`, `cancelling`), or '' if it is none."""
    candidates = [word]
    if word.endswith("s"):
        candidates += [word[:-1], word.removesuffix("es"), f"{word.removesuffix('ies')}y"]
    if word.endswith("ing"):
        stem = word[:-3]
        candidates += [stem, f"{stem}e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem]
    return next((candidate for candidate in candidates if candidate in _ALL), "")


def is_destructive_noun(word: str) -> bool:
    """Whether a word is a noun of a destructive verb: `voids`, `cancellation`."""
    stems = (verb.rstrip("e") for verb in DESTRUCTIVE - NOUNS)
    return word.removesuffix("s") in _IRREGULAR or any(
        word.startswith(stem) and word[len(stem) :] in _NOUN_ENDINGS for stem in stems
    )
