"""The part of the configuration of nginx that sends each host name to the server of its office."""

from collections.abc import Mapping

from jiedao.offices.file import Office

HEAD = """\
# /etc/nginx/conf.d/jiedao-offices.conf: which host name belongs to which office.
# Made by `jiedao offices nginx FILE`; make it again when the file of the offices has changed, then reload nginx.

map $host $jiedao_office {
    default unknown;
"""


def write_routes(offices: Mapping[str, Office]) -> str:
    """Return a map from host names to offices and an upstream for each office, for deploy/nginx/jiedao-offices.conf."""
    lines = [f"    {host} {name_upstream(office)};" for office in offices.values() for host in office.hosts]
    upstreams = [
        f"upstream {name_upstream(office)} {{\n    server 127.0.0.1:{office.port};\n    keepalive 8;\n}}\n"
        for office in offices.values()
    ]
    return HEAD + "\n".join(lines) + "\n}\n\n" + "\n".join(upstreams)


def name_upstream(office: Office) -> str:
    """Return the name of the servers of an office in nginx."""
    return f"jiedao_{office.key}"
