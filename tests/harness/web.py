# SPDX-License-Identifier: GPL-2.0-or-later
"""Ordinary web traffic, made from a seed: pages, scripts, data and pictures as browsers ask for them."""

import dataclasses
import gzip
import random

SYLLABLES = (
    "an ar be ca co de di el en er es fi ga ge ha he in is it ka la le li lo ma me mi mo na ne ni no on or pa pe po qui "
    "ra re ri ro sa se si so ta te ti to tra tu un ur va ve vi vo wa we wi"
).split()
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
    "Mobile/15E148 Safari/604.1",
)


@dataclasses.dataclass
class Resource:
    path: str
    kind: str  # Content-Type
    body: bytes
    packed: bool  # sent with gzip


class Web:
    """One site. The same seed makes the same one."""

    def __init__(self, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        self._words = ["".join(self._chance.choices(SYLLABLES, k=self._chance.randrange(1, 5))) for _ in range(4000)]
        self.resources = [self._resource(number) for number in range(120)]

    def _text(self, size: int) -> str:
        words: list[str] = []
        length = 0
        while length < size:
            words.append(self._chance.choice(self._words))
            length += len(words[-1]) + 1
        return " ".join(words)

    def _page(self, size: int) -> str:
        parts = [f"<!DOCTYPE html><html><head><title>{self._text(30)}</title></head><body class=\"{self._word()}\">"]
        length = 0
        while length < size:
            part = (f"<div id=\"{self._word()}\"><h2>{self._text(25)}</h2><p>{self._text(400)}</p>"
                    f"<a href=\"/{self._word()}/{self._word()}.html\">{self._text(12)}</a></div>\n")
            parts.append(part)
            length += len(part)
        return "".join(parts) + "</body></html>"

    def _script(self, size: int) -> str:
        parts: list[str] = []
        length = 0
        while length < size:
            part = (f"function {self._word()}({self._word()}, {self._word()}) {{ var {self._word()} = "
                    f"{self._chance.randrange(10000)}; if (this.{self._word()}) return {self._word()}(\"{self._text(20)}\"); }}\n")
            parts.append(part)
            length += len(part)
        return "".join(parts)

    def _word(self) -> str:
        return self._chance.choice(self._words)

    def _resource(self, number: int) -> Resource:
        chance = self._chance
        name = f"/{self._word()}/{self._word()}-{number}"
        kind = number % 6
        if kind == 0:
            return Resource(name + ".html", "text/html; charset=utf-8", self._page(chance.randrange(4000, 60000)).encode(), True)
        if kind == 1:
            return Resource(name + ".html", "text/html", self._page(chance.randrange(2000, 30000)).encode(), False)
        if kind == 2:
            body = self._script(chance.randrange(8000, 120000)).encode()
            return Resource(name + ".js", "application/javascript", body, chance.random() < 0.7)
        if kind == 3:
            rows = [f"{{\"id\": {row}, \"{self._word()}\": \"{self._text(40)}\"}}" for row in range(chance.randrange(5, 200))]
            return Resource(name + ".json", "application/json", ("[" + ",\n".join(rows) + "]").encode(), chance.random() < 0.5)
        head = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" if kind == 4 else b"\x89PNG\r\n\x1a\n"
        body = head + chance.randbytes(chance.randrange(5000, 200000))
        return Resource(name + (".jpg" if kind == 4 else ".png"), "image/jpeg" if kind == 4 else "image/png", body, False)

    def request(self, resource: Resource) -> bytes:
        chance = self._chance
        query = f"?{self._word()}={chance.randrange(1 << 30)}&{self._word()}={self._word()}" if chance.random() < 0.4 else ""
        return (
            f"GET {resource.path}{query} HTTP/1.1\r\nHost: www.{self._words[0]}.example\r\n"
            f"User-Agent: {chance.choice(AGENTS)}\r\nAccept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
            f"Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n"
            f"Referer: http://www.{self._words[0]}.example/{self._word()}/\r\n"
            f"Cookie: session={chance.randrange(1 << 60):x}; {self._word()}={self._word()}\r\n\r\n"
        ).encode()

    @staticmethod
    def answer(resource: Resource) -> bytes:
        body = gzip.compress(resource.body, 6, mtime=0) if resource.packed else resource.body
        coding = "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n" if resource.packed else ""
        return (
            f"HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Type: {resource.kind}\r\n"
            f"Content-Length: {len(body)}\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\nConnection: keep-alive\r\n"
            f"ETag: \"{len(body):x}\"\r\n{coding}Accept-Ranges: bytes\r\n\r\n"
        ).encode() + body

    def pick(self) -> Resource:
        return self._chance.choice(self.resources)
