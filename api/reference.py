"""The pages a person sees in a browser: a welcome, and a reference made from the OpenAPI document.

Owns their HTML. Loads nothing from anywhere, runs no script. Does not know any parameter by name.
"""

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import TypeAlias, cast

Json: TypeAlias = Mapping[str, object]

CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser may load for these pages: their own style."""

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5b6472; --line: #d9dee7;
  --paper: #fff; --tint: #f4f6fa; --accent: #3b5bdb; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8f0; --soft: #9aa4b5; --line: #333c4d;
  --paper: #151a24; --tint: #1d2431; --accent: #8da2fb; } }
body { font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 5rem; }
h1 { font-size: 1.9rem; margin: 0 0 .25rem; } h2 { margin: 2.75rem 0 .5rem; font-size: 1.3rem; }
h3 { margin: 1.75rem 0 .5rem; font-size: 1.05rem; } p { margin: .5rem 0; }
.lead, .kind { color: var(--soft); } .kind { font-weight: 400; font-size: .875em; }
a { color: var(--accent); }
code, pre { font: .875em/1.5 ui-monospace, monospace; background: var(--tint);
  border-radius: 4px; }
code { padding: .1em .35em; overflow-wrap: anywhere; }
pre { padding: .9rem 1rem; border: 1px solid var(--line);
  white-space: pre-wrap; overflow-wrap: anywhere; }
.path { display: block; padding: .6rem .9rem; border: 1px solid var(--line);
  border-left: 4px solid var(--accent); }
.verb { font-weight: 700; color: var(--accent); margin-right: .6em; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .55rem .75rem .55rem 0;
  border-top: 1px solid var(--line); }
th { font-weight: 600; white-space: nowrap; width: 1%; }
.need { color: var(--accent); font-size: .8em; }
@media (max-width: 44rem) { tr { display: block; border-top: 1px solid var(--line); }
  th, td { display: block; border: 0; } th { padding-bottom: 0; } td { padding-top: .2rem; } }
"""


def welcome_page(document: Json) -> str:
    """Say what this service is and where to go on."""
    about = _object(document["info"])
    body = (
        f"<h1>{_text(about['title'])}</h1>"
        f'<p class="lead">{_text(about["description"])}</p>'
        '<ul><li><a href="/docs">Reference of the endpoints</a></li>'
        '<li><a href="/openapi.json">The same for programs (OpenAPI)</a></li>'
        '<li><a href="/health">Is the service up?</a></li>'
        '<li><a href="/metrics">What has arrived, and what was not taken (Prometheus)</a></li></ul>'
    )
    return _page(str(about["title"]), body)


def reference_page(document: Json) -> str:
    """Show every operation of an OpenAPI document: parameters, answers, an example."""
    about = _object(document["info"])
    operations = (
        _operation(verb, path, _object(operation))
        for path, verbs in _object(document["paths"]).items()
        for verb, operation in _object(verbs).items()
    )
    body = (
        f"<h1>{_text(about['title'])}</h1>"
        f'<p class="lead">{_text(about["description"])}'
        ' For programs: <a href="/openapi.json">openapi.json</a>.</p>'
        f"{''.join(operations)}"
    )
    return _page(f"{about['title']}: reference", body)


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _operation(verb: str, path: str, operation: Json) -> str:
    parameters = _objects(operation.get("parameters", ()))
    return (
        f"<section><h2>{_text(operation['summary'])}</h2>"
        f'<code class="path"><span class="verb">{escape(verb.upper())}</span>{escape(path)}</code>'
        f"{_paragraphs(operation['description'])}"
        f"{_request_example(path) if operation.get('security') else ''}"
        f"{_parameters(parameters)}{_responses(_object(operation['responses']))}</section>"
    )


def _request_example(path: str) -> str:
    filled = re.sub(r"\{\w+\}", "acme", path)
    command = (
        "curl -H 'Authorization: Bearer <token>' \\\n"
        f"  'http://localhost:8000{filled}"
        "?field=sum(session)&groupBy=release&statsPeriod=7d&interval=1d'"
    )
    return f"<h3>Example</h3><pre>{escape(command)}</pre>"


def _parameters(parameters: Sequence[Json]) -> str:
    if not parameters:
        return ""
    return f"<h3>Parameters</h3><table>{''.join(_parameter(each) for each in parameters)}</table>"


def _parameter(parameter: Json) -> str:
    need = ' <span class="need">required</span>' if parameter.get("required") else ""
    kind = _kind(_object(parameter["schema"]))
    return (
        f"<tr><th><code>{escape(str(parameter['name']))}</code>{need}"
        f'<div class="kind">{escape(kind)}, {escape(str(parameter["in"]))}</div></th>'
        f"<td>{_text(parameter['description'])}</td></tr>"
    )


def _kind(schema: Json) -> str:
    if "anyOf" in schema:
        return " or ".join(_kind(choice) for choice in _objects(schema["anyOf"]))
    if schema["type"] == "array":
        return f"{_kind(_object(schema['items']))}, repeatable"
    return str(schema.get("format", schema["type"]))


def _responses(responses: Json) -> str:
    rows = "".join(
        f"<tr><th>{escape(status)}</th><td>{_text(_object(response)['description'])}</td></tr>"
        for status, response in responses.items()
    )
    return f"<h3>Answers</h3><table>{rows}</table>{_answer_example(_object(responses['200']))}"


def _answer_example(response: Json) -> str:
    content = _object(_object(response["content"])["application/json"])
    shown = (
        json.dumps(_object(example)["value"], indent=2)
        for example in _object(content.get("examples", {})).values()
    )
    return "".join(f"<pre>{escape(text)}</pre>" for text in shown)


def _paragraphs(text: object) -> str:
    return "".join(f"<p>{_text(part)}</p>" for part in str(text).split("\n\n"))


def _text(text: object) -> str:
    """Escape a description; what stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(str(text)))


def _object(value: object) -> Json:
    return cast("Json", value)


def _objects(value: object) -> Sequence[Json]:
    return cast("Sequence[Json]", value)
