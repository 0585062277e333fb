// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/app_layer.h"

#include <algorithm>

namespace nfsieve {
namespace {

constexpr std::size_t longest_start = 8192; ///< more bytes than that tell nothing new
constexpr std::uint8_t most_tunnels = 8;    ///< one inside the other
constexpr std::uint8_t most_tries = 64;     ///< pieces of a picked-up connection at which a message may start

} // namespace

AppLayer::AppLayer(const AppParsers& parsers, std::array<bool, app_protocol_count> protocols, bool whole)
    : parsers_(parsers), wanted_(protocols), whole_(whole) {}

void AppLayer::feed(Side sender, Bytes bytes, TransactionListener& listener) {
    size_ = bytes.size();
    behind_ = 0;
    sender_ = sender;
    if (parser_)
        parse(sender, bytes, 0, listener);
    else if (state_ == State::detecting)
        detect(sender, bytes, listener);
}

void AppLayer::detect(Side sender, Bytes bytes, TransactionListener& listener) {
    std::vector<std::uint8_t>& first = first_[index(sender)];
    const Bytes all =
        first.empty() ? bytes : (first.insert(first.end(), bytes.begin(), bytes.end()), Bytes(first));
    if (!unlike_[index(sender)]) {
        const auto likeness = [&](AppProtocol protocol) {
            if (!wanted_[static_cast<std::size_t>(protocol)])
                return Likeness::no;
            switch (protocol) {
            case AppProtocol::http:
                return looks_like_http(sender, all);
            case AppProtocol::tls:
                return looks_like_tls(sender, all);
            case AppProtocol::ssh: // an identification is the first that an end says
                return whole_ ? looks_like_ssh(all) : Likeness::no;
            case AppProtocol::none:
                break;
            }
            return Likeness::no;
        };
        bool more = false;
        for (const AppProtocol protocol : {AppProtocol::tls, AppProtocol::http, AppProtocol::ssh}) {
            const Likeness like = likeness(protocol);
            if (like == Likeness::yes) {
                const std::vector<std::uint8_t> own = std::move(first);
                first.clear();
                older_ = own.empty() ? 0 : own.size() - bytes.size();
                return begin(protocol, sender, own.empty() ? bytes : Bytes(own), listener);
            }
            more = more || like == Likeness::more;
        }
        unlike_[index(sender)] = !more;
    }
    // The other end may tell.
    if ((unlike_[0] && unlike_[1]) || (unlike_[index(sender)] && !whole_) || all.size() > longest_start) {
        give_up();
        return;
    }
    if (first.empty())
        first.assign(bytes.begin(), bytes.end());
}

void AppLayer::begin(AppProtocol protocol, Side sender, Bytes bytes, TransactionListener& listener) {
    protocol_ = protocol;
    state_ = State::parsing;
    parser_ = parsers_.make(protocol);
    const std::size_t own_older = older_;
    const std::vector<std::uint8_t> others = std::move(first_[index(other(sender))]);
    first_ = {};
    if (!others.empty())
        parse(other(sender), others, others.size(), listener);
    if (parser_)
        parse(sender, bytes, own_older, listener);
    for (const Side side : {Side::client, Side::server})
        if (state_ == State::parsing && muted_[index(side)])
            parser_->mute(side, listener);
}

void AppLayer::parse(Side sender, Bytes bytes, std::size_t older, TransactionListener& listener) {
    older_ = older;
    settle(parser_->feed(sender, bytes, listener), listener);
}

void AppLayer::finish(Side sender, TransactionListener& listener) {
    size_ = 0;
    older_ = 0;
    behind_ = 0;
    sender_ = sender;
    if (state_ == State::parsing && !muted_[index(sender)])
        settle(parser_->finish(sender, listener), listener);
}

void AppLayer::mute(Side sender, TransactionListener& listener) {
    if (muted_[index(sender)])
        return;
    muted_[index(sender)] = true;
    if (state_ == State::parsing)
        parser_->mute(sender, listener);
    else if (state_ == State::detecting && unlike_[index(other(sender))])
        give_up();
    unlike_[index(sender)] = true;
}

void AppLayer::settle(AppParser::Outcome outcome, TransactionListener& listener) {
    switch (outcome) {
    case AppParser::Outcome::going:
        return;
    case AppParser::Outcome::watching:
        state_ = State::over;
        return;
    case AppParser::Outcome::over:
        state_ = State::over;
        break;
    case AppParser::Outcome::encrypted:
        state_ = State::encrypted;
        in_the_clear_ = std::max<std::size_t>(consumed(), 1);
        break;
    case AppParser::Outcome::tunnel:
        if (++tunnels_ <= most_tunnels)
            return enter_tunnel(listener);
        state_ = State::failed;
        break;
    case AppParser::Outcome::failed:
        state_ = State::failed;
        break;
    }
    parser_.reset();
}

/// The connection begins anew, with the bytes that were sent ahead. Until something is found in it the old
/// protocol is what it carries.
void AppLayer::enter_tunnel(TransactionListener& listener) {
    const std::vector<std::uint8_t> own = parser_->take_rest(sender_),
                                    others = parser_->take_rest(other(sender_));
    parser_.reset();
    state_ = State::detecting;
    first_ = {};
    unlike_ = muted_;
    whole_ = true;
    behind_ = size_ - std::min(size_, own.size());
    first_[index(other(sender_))] = others;
    if (!others.empty())
        detect(other(sender_), {}, listener);
    if (own.empty())
        return;
    if (parser_)
        parse(sender_, own, 0, listener);
    else if (state_ == State::detecting)
        detect(sender_, own, listener);
}

/// Nothing was found. In a connection that was picked up a message may start with the next piece.
void AppLayer::give_up() {
    first_ = {};
    if (whole_ || ++tries_ == most_tries)
        state_ = State::none;
    else
        unlike_ = muted_;
}

void AppLayer::lose() {
    parser_.reset();
    if (state_ == State::over || state_ == State::encrypted)
        return;
    first_ = {};
    unlike_ = muted_;
    protocol_ = AppProtocol::none;
    whole_ = false;
    tries_ = 0;
    state_ = State::detecting;
}

std::size_t AppLayer::consumed() const {
    const std::size_t parsed = parser_ ? parser_->consumed() : size_;
    return std::min(size_, behind_ + parsed - std::min(parsed, older_));
}

std::size_t AppLayer::memory() const {
    return first_[0].capacity() + first_[1].capacity() + (parser_ ? parser_->memory() : 0);
}

} // namespace nfsieve
