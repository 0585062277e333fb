// SPDX-License-Identifier: GPL-2.0-or-later
// flow, stream_size, app-layer-protocol and app-layer-event.
// https://docs.suricata.io/en/suricata-7.0.10/rules/flow-keywords.html
#include "handlers.h"
#include "nfsieve/base/wording.h"
#include "nfsieve/rules/app_event.h"
#include "values.h"

#include <algorithm>
#include <array>
#include <limits>

namespace nfsieve::suricata {
namespace {

using Established = SignatureSpec::Established;

constexpr std::array<std::string_view, 9> flow_words = {"to_server",   "to_client",   "from_client",
                                                        "from_server", "established", "not_established",
                                                        "stateless",   "only_stream", "no_stream"};

/// False where the word contradicts one before it.
bool take_flow_word(std::string_view word, SignatureSpec& spec, bool& directed) {
    const bool to_server = word == "to_server" || word == "from_client";
    if (to_server || word == "to_client" || word == "from_server") {
        if (directed && spec.to_server != to_server)
            return false;
        directed = true;
        spec.to_server = to_server;
        spec.to_client = !to_server;
        return true;
    }
    if (word == "established" || word == "not_established") {
        const Established wanted = word == "established" ? Established::yes : Established::no;
        if (spec.established != Established::any && spec.established != wanted)
            return false;
        spec.established = wanted;
        return true;
    }
    if (word == "only_stream" || word == "no_stream") {
        (word == "only_stream" ? spec.only_stream : spec.no_stream) = true;
        return !(spec.only_stream && spec.no_stream);
    }
    return true; // stateless
}

} // namespace

void read_flow(Draft& draft, const Option& option, const Keyword&) {
    if (draft.has_flow)
        return draft.complain(option, "stands twice; put all its words into one");
    draft.has_flow = true;
    bool directed = false;
    for (const Piece& piece : split(option.value, option.value_at, ',')) {
        if (piece.text == "only_frag" || piece.text == "no_frag")
            draft.complain_at(piece.at, "flow: " + in_quotes(piece.text) +
                                            " cannot be told, the kernel puts fragments together before they "
                                            "come here; take it away");
        else if (std::find(flow_words.begin(), flow_words.end(), piece.text) == flow_words.end())
            draft.complain_at(piece.at, unknown_word("flow:", piece.text, flow_words));
        else if (!take_flow_word(piece.text, draft.spec, directed))
            draft.complain_at(piece.at,
                              "flow: " + in_quotes(piece.text) + " contradicts a word in front of it");
        else if (piece.text == "no_stream")
            draft.packets.push_back({"flow:no_stream", piece.at});
    }
}

void read_stream_size(Draft& draft, const Option& option, const Keyword&) {
    using Whose = StreamSizeTest::Whose;
    const auto pieces = split(option.value, option.value_at, ',');
    if (pieces.size() != 3)
        return draft.complain(option, "write WHOSE,OPERATOR,BYTES, such as server,<,1000");
    StreamSizeTest test;
    if (pieces[0].text == "client")
        test.whose = Whose::client;
    else if (pieces[0].text == "server")
        test.whose = Whose::server;
    else if (pieces[0].text == "both")
        test.whose = Whose::both;
    else if (pieces[0].text == "either")
        test.whose = Whose::either;
    else
        return draft.complain_at(pieces[0].at, "stream_size: " + in_quotes(pieces[0].text) +
                                                   " is nobody; there are client, server, both and either");
    const auto op = parse_comparison(pieces[1].text);
    const auto value = parse_unsigned(pieces[2].text);
    if (!op)
        return draft.complain_at(pieces[1].at, "stream_size: " + in_quotes(pieces[1].text) +
                                                   " is no operator; there are < > = != <= >=");
    if (!value || *value > std::numeric_limits<std::uint32_t>::max())
        return draft.complain_at(pieces[2].at, "stream_size: " + in_quotes(pieces[2].text) +
                                                   " is no number of bytes below 4 GiB");
    test.size = {*op, *value, 0};
    draft.spec.stream_size.push_back(test);
}

void read_app_layer_protocol(Draft& draft, const Option& option, const Keyword&) {
    std::string_view name = option.value;
    const bool negated = name.starts_with('!');
    if (negated)
        name = trimmed(name.substr(1));
    if (draft.spec.app_protocol)
        return draft.complain(option, "stands twice; a stream has one protocol");
    if (name == "http" || name == "http1")
        draft.spec.app_protocol = AppProtocol::http;
    else if (name == "tls" || name == "ssl")
        draft.spec.app_protocol = AppProtocol::tls;
    else if (name == "ssh")
        draft.spec.app_protocol = AppProtocol::ssh;
    else
        return draft.complain(option, in_quotes(name) + " is not told apart from other streams here; http, "
                                                        "tls and ssh are");
    draft.spec.app_protocol_negated = negated;
}

void read_app_layer_event(Draft& draft, const Option& option, const Keyword&) {
    const std::string_view name = option.value;
    if (!is_app_event(name)) {
        const std::string_view meant = nearest(name, http_event_names());
        return draft.complain(option, in_quotes(name) + " is not noticed here; " +
                                          (meant.empty() ? "the events of http and tls are"
                                                         : "did you mean " + in_quotes(meant) + "?"));
    }
    draft.spec.app_events.emplace_back(name);
    (name.starts_with("http.") ? draft.of_http : draft.of_tls)
        .push_back({std::string(option.keyword), option.at});
}

} // namespace nfsieve::suricata
