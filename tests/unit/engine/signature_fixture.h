// SPDX-License-Identifier: GPL-2.0-or-later
// An engine with rules in Suricata's language.
#pragma once

#include "engine_fixture.h"

namespace nfsieve::test {

inline const std::string get =
    "GET /index.html?q=evil HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: probe\r\n\r\n";

inline std::string answer(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

class EngineSignature : public EngineTest {
protected:
    Conversation talk;

    void begin(const std::string& text, EngineConfig config = {}) {
        start_signatures(text, config);
        open(talk);
    }
    bool client(const std::string& text) { return passes(talk.client_data(text)); }
    bool server(const std::string& text) { return passes(talk.server_data(text)); }
    /// One byte a segment; the number of those that passed before the first that did not.
    std::size_t client_bytes(const std::string& text) {
        for (std::size_t i = 0; i < text.size(); ++i)
            if (!client(text.substr(i, 1)))
                return i;
        return text.size();
    }
};

} // namespace nfsieve::test
