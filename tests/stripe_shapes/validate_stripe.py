# ruff: noqa
# fmt: off
"""Validate Stripe-shaped JSON (API responses, webhook events, fixtures) against Stripe's own published schemas.

Needs: pip install jsonschema            (and, for --spec: openapi-schema-validator pyyaml)

Schema sources (nobody on this project wrote either):
  default  spec/stripe_types.schema.json   JSON Schema made by node/dts2schema.mjs from the type declarations in npm
           `stripe` (MIT) = CURRENT API version, strict: says required / nullable / enum / unknown fields.
           rebuild: cd node && npm i stripe ts-json-schema-generator && node dts2schema.mjs ../spec/stripe_types.schema.json
  --spec F an OpenAPI file of stripe/openapi (json or yaml): validated with openapi-schema-validator (OAS 3.0).
           Newest one retrievable here is tag v526 (API 2023-08-16); newer spec blobs exceed the mirror's 4 MiB a blob.
Usage:
  validate_stripe.py FILE.json|DIR|-  [...]     each file one object (object key says which schema) or a list of them
  validate_stripe.py --fixtures fixtures3.json  [--only customer,charge,...]
  --spec F   use an OpenAPI file instead;  --lax  do not report unknown fields;  --quiet  only the totals
  --max N findings shown per object (12)
Exit status 1 when anything is reported.
As a library:  from validate_stripe import Checker; Checker().errors(obj) -> [(path, kind, message), ...]
kinds: missing (required key absent), unknown (key not in the schema), type, enum, null, format, other
In a Django test:  assert not Checker().errors(response.json())
"""
import sys, json, os, urllib.parse, collections
import jsonschema
from jsonschema import validators, Draft202012Validator

HERE = os.path.dirname(os.path.abspath(__file__))

def load(path):
    with open(path) as f:
        if path.endswith(('.yaml', '.yml')):
            import yaml
            return yaml.load(f, Loader=getattr(yaml, 'CSafeLoader', yaml.SafeLoader))
        return json.load(f)

class Checker:
    def __init__(self, spec=None, schema=None, lax=False):
        self.lax = lax
        if spec:
            from openapi_schema_validator import OAS30Validator as base
            self.root = load(spec); self.oas = True
            self.defs = self.root['components']['schemas']; self.prefix = '#/components/schemas/'
            self.by_object = {}
            for name, s in self.defs.items():
                o = self._const(s)
                if o: self.by_object.setdefault(('deleted_' if 'deleted' in s.get('required', []) else '') + o, name)
        else:
            base = Draft202012Validator
            self.root = load(schema or os.path.join(HERE, 'spec', 'stripe_types.schema.json')); self.oas = False
            self.defs = self.root['$defs']; self.prefix = '#/$defs/'
            self.by_object = self.root['x-objects']
        self.cls = validators.extend(base, {'anyOf': self._any_of, '$ref': self._ref, 'enum': self._enum})
        self.version = self.root.get('info', {}).get('version') or self.root.get('$comment')

    def _const(self, s):
        o = (s.get('properties') or {}).get('object') or {}
        return o.get('const') or (o['enum'][0] if len(o.get('enum', [])) == 1 else None)
    def _deref(self, s):
        seen = 0
        while '$ref' in s and seen < 20:
            s = self.defs[urllib.parse.unquote(s['$ref'][len(self.prefix):])]; seen += 1
        return s
    def _ref(self, v, ref, inst, schema):
        yield from v.descend(inst, self._deref({'$ref': ref}))
    def _enum(self, v, vals, inst, schema):
        if inst is None and schema.get('nullable'): return    # Stripe's OAS 3.0 enums leave null out although nullable
        if inst not in vals: yield jsonschema.ValidationError(f'{inst!r} not in {vals}')
    def _any_of(self, v, subs, inst, schema):
        """anyOf with Stripe's own discriminators (object / deleted), so that one wrong leaf is reported as that leaf."""
        if inst is None and schema.get('nullable'): return
        branches = [self._deref(s) for s in subs]
        flat = []
        for b in branches:                                    # one level of nested unions
            flat += [self._deref(x) for x in b['anyOf']] if set(b) <= {'anyOf', 'nullable', 'description', 'title', 'x-expansionResources'} and 'anyOf' in b else [b]
        cand = flat
        if isinstance(inst, dict):
            objs = [b for b in flat if b.get('type') == 'object' or 'properties' in b]
            same = [b for b in objs if self._const(b) == inst.get('object') and inst.get('object')]
            if len(same) > 1:
                d = bool(inst.get('deleted'))
                same = [b for b in same if ('deleted' in b.get('required', [])) == d] or same
            cand = same or [b for b in objs if not self._const(b)] or objs or flat
        best = None
        for b in cand:
            errs = list(v.descend(inst, b))
            if not errs: return
            if best is None or len(errs) < len(best): best = errs
        yield from best or []
    def errors(self, inst, name=None):
        if isinstance(inst, dict) and inst.get('object') in ('list', 'search_result') and not name:
            out = [('', 'missing', k) for k in ('data', 'has_more', 'url') if k not in inst]
            for i, x in enumerate(inst.get('data') or []):
                out += [(f'data[{i}]{"." + p if p else ""}', k, m) for p, k, m in self.errors(x)]
            return out
        if isinstance(inst, dict) and set(inst) == {'error'}:
            e = inst['error']; return [] if isinstance(e, dict) and e.get('type') in ('api_error', 'card_error', 'idempotency_error', 'invalid_request_error') and 'message' in e else [('error', 'type', 'not a Stripe error envelope')]
        if not name:
            o = inst.get('object') if isinstance(inst, dict) else None
            key = ('deleted_' + o) if o and inst.get('deleted') is True and 'deleted_' + o in self.by_object else o
            name = self.by_object.get(key)
            if not name: return [('', 'other', f'no schema for object {o!r}')]
        out = []
        for e in self.cls(self.defs[name]).iter_errors(inst):
            path = ''.join(f'[{p}]' if isinstance(p, int) else ('.' if i else '') + str(p) for i, p in enumerate(e.absolute_path))
            if e.validator == 'required':
                miss = e.message.split("'")[1]; out.append((path + ('.' if path else '') + miss, 'missing', 'required field absent'))
            elif e.validator == 'additionalProperties':
                if self.lax: continue
                known = set(e.schema.get('properties', {}))
                out += [(path + ('.' if path else '') + k, 'unknown', 'field not in the schema') for k in e.instance if k not in known]
            elif e.instance is None: out.append((path, 'null', 'null is not allowed here'))
            elif e.validator in ('enum', 'const'): out.append((path, 'enum', f'{e.instance!r} not in {str(e.validator_value)[:120]}'))
            elif e.validator == 'type': out.append((path, 'type', f'{type(e.instance).__name__} where {e.validator_value} expected'))
            else: out.append((path, 'format' if e.validator in ('format', 'pattern', 'maxLength') else 'other', e.message[:160]))
        if isinstance(inst, dict) and inst.get('object') == 'event' and isinstance(inst.get('data'), dict) and isinstance(inst['data'].get('object'), dict):
            out += [('data.object' + ('.' + p if p else ''), k, m) for p, k, m in self.errors(inst['data']['object'])]
        return sorted(set(out))

def main(argv):
    opt = lambda n: argv[argv.index(n) + 1] if n in argv else None
    c = Checker(spec=opt('--spec'), schema=opt('--schema'), lax='--lax' in argv)
    items = []
    if opt('--fixtures'):
        only = (opt('--only') or '').split(',') if opt('--only') else None
        items = [(k, v, None) for k, v in load(opt('--fixtures'))['resources'].items() if not only or k in only]
    skip = {opt(n) for n in ('--spec', '--schema', '--fixtures', '--only', '--max')}
    for a in argv:
        if a.startswith('--') or a in skip: continue
        if a == '-': items.append(('-', json.load(sys.stdin), None)); continue
        for f in ([a] if os.path.isfile(a) else sorted(os.path.join(a, x) for x in os.listdir(a) if x.endswith('.json'))):
            d = load(f); items += [(f'{os.path.basename(f)}[{i}]', x, None) for i, x in enumerate(d)] if isinstance(d, list) else [(os.path.basename(f), d, None)]
    bad = 0; kinds = collections.Counter()
    for name, inst, sch in items:
        errs = c.errors(inst, sch); bad += bool(errs); kinds.update(k for _, k, _ in errs)
        if '--quiet' not in argv and errs:
            print(f'{name}: {len(errs)} findings')
            for p, k, m in errs[:int(opt('--max') or 12)]: print(f'   {k:8} {p}  {m}')
    print(f'{len(items) - bad}/{len(items)} valid; findings {dict(kinds)}; schema: {c.version}')
    return 1 if bad else 0
if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
