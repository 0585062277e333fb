// SPDX-License-Identifier: GPL-2.0-or-later
// Finds out what a connection carries, and has it parsed.
#pragma once

#include "nfsieve/inspect/app_parsers.h"

#include <array>
#include <memory>
#include <vector>

namespace nfsieve {

/// One connection's protocol, told by its first bytes and never by its ports. It belongs to the flow and not
/// to a generation of rules. One worker thread.
class AppLayer {
public:
    enum class State : std::uint8_t {
        detecting, ///< too few bytes so far
        parsing,
        over,      ///< the parser has seen all that is its business
        encrypted, ///< the same, and both ends encrypt what they say
        failed,    ///< the parser could not follow
        none,      ///< nothing that is known here
    };

    /// `parsers` outlives it. `protocols` by AppProtocol: which ones may be looked for. `whole`: the
    /// connection is seen from its start; else each of the first pieces may be where a message starts.
    AppLayer(const AppParsers& parsers, std::array<bool, app_protocol_count> protocols, bool whole);

    [[nodiscard]] State state() const { return state_; }
    /// What was found; stays when the parser is over.
    [[nodiscard]] AppProtocol protocol() const { return protocol_; }

    /// May still turn out to parse what `sender` says, as far as its own bytes tell.
    [[nodiscard]] bool may_read(Side sender) const {
        return state_ == State::parsing || (state_ == State::detecting && !unlike_[index(sender)]);
    }

    void feed(Side sender, Bytes bytes, TransactionListener& listener);
    void finish(Side sender, TransactionListener& listener);
    /// Nothing more is fed of what `sender` says.
    void mute(Side sender, TransactionListener& listener);
    /// Bytes of `sender` are missing: no parser can go on, but another message may start.
    void lose();

    /// For listeners: how many of the bytes of the feed() at hand are parsed.
    [[nodiscard]] std::size_t consumed() const;
    /// Of the feed() that led to State::encrypted: how many of its bytes were said in the clear, the mark of
    /// the encryption included. One at least.
    [[nodiscard]] std::size_t in_the_clear() const { return in_the_clear_; }
    /// Bytes that it holds beside itself.
    [[nodiscard]] std::size_t memory() const;

private:
    void detect(Side sender, Bytes bytes, TransactionListener& listener);
    void begin(AppProtocol protocol, Side sender, Bytes bytes, TransactionListener& listener);
    void parse(Side sender, Bytes bytes, std::size_t older, TransactionListener& listener);
    void settle(AppParser::Outcome outcome, TransactionListener& listener);
    void enter_tunnel(TransactionListener& listener);
    void give_up();

    const AppParsers& parsers_;
    std::array<bool, app_protocol_count> wanted_;
    bool whole_;
    State state_ = State::detecting;
    AppProtocol protocol_ = AppProtocol::none;
    std::array<bool, 2> unlike_{false, false}; ///< by sender: its bytes are like none
    std::array<bool, 2> muted_{false, false};  ///< by sender
    std::uint8_t tries_ = 0, tunnels_ = 0;
    Side sender_ = Side::client;                     ///< of the bytes of the feed() at hand
    std::array<std::vector<std::uint8_t>, 2> first_; ///< by sender, while detecting
    std::unique_ptr<AppParser> parser_; ///< while parsing, and where it watches on when it is over
    std::size_t older_ = 0;             ///< bytes of the parse() at hand that came in an earlier feed()
    std::size_t size_ = 0;              ///< bytes of the feed() at hand
    std::size_t behind_ = 0; ///< … of which these were parsed before the tunnel that the others are in
    std::size_t in_the_clear_ = 0;
};

} // namespace nfsieve
