// SPDX-License-Identifier: GPL-2.0-or-later
#include "parser.h"

namespace nfsieve::tls {
namespace {

/// RFC 5246, 7.4, and the IANA registry of what may stand there.
bool is_message_type(std::uint8_t type) {
    return type <= 2 || type == 4 || type == 5 || type == 8 || (type >= 11 && type <= 16) ||
           (type >= 20 && type <= 25) || type == 67;
}

bool is_sslv2(std::uint8_t first) {
    return (first & 0x80) != 0;
}

/// The client would take TLS 1.3: then it may send early data and a ChangeCipherSpec that means nothing, and
/// yet be asked for another hello (RFC 8446, 2.3 and D.4).
bool offers_tls13(const Hello& hello) {
    bool offers = false;
    each_number(hello.supported_versions, [&](std::uint16_t value) { offers = offers || is_tls13(value); });
    return offers;
}

} // namespace

TlsParser::TlsParser(const AppParserLimits& limits)
    : limits_(limits), directions_{Direction(Side::client, limits.handshake),
                                   Direction(Side::server, limits.handshake)} {}

bool TlsParser::settled() const {
    const auto& hello = transaction_.hello(Side::server);
    return hello && !hello->retry;
}

bool TlsParser::speaks_sslv2() const {
    const auto& hello = transaction_.hello(Side::client);
    return hello && hello->sslv2_format;
}

AppParser::Outcome TlsParser::feed(Side sender, Bytes bytes, TransactionListener& listener) {
    consumed_ = 0;
    while (follows() && consumed_ < bytes.size()) {
        const Bytes rest = bytes.subspan(consumed_);
        if (direction(sender).over)
            watch(sender, rest);
        else
            step(sender, rest, listener);
    }
    return outcome();
}

AppParser::Outcome TlsParser::finish(Side sender, TransactionListener& listener) {
    consumed_ = 0;
    if (outcome_ == Outcome::going)
        end(sender, listener);
    return outcome();
}

/// Nobody asks a transaction that is over anything.
AppParser::Outcome TlsParser::outcome() {
    if (outcome_ != Outcome::going)
        transaction_.clear();
    return outcome_;
}

std::size_t TlsParser::memory() const {
    std::size_t sum = sizeof *this - sizeof transaction_ + transaction_.memory();
    for (const Direction& each : directions_)
        sum += each.messages.memory() + each.sslv2.capacity();
    return sum;
}

void TlsParser::step(Side sender, Bytes rest, TransactionListener& listener) {
    Direction& from = direction(sender);
    if (!from.sslv2.empty() || (from.records.at_start() && is_sslv2(rest.front()))) {
        if (!from.sslv2.empty() || (!from.begun && sender == Side::client))
            return on_sslv2(sender, rest, listener);
        if (speaks_sslv2()) { // what follows is no TLS, and soon encrypted
            from.odd = true;
            end(sender, listener);
            return end(other(sender), listener);
        }
    }
    from.begun = true;
    const RecordReader::Piece piece = from.records.take(rest);
    if (!piece.body.empty() && from.records.header().type == record_type::handshake)
        return on_handshake(sender, piece.body, listener);
    if (!piece.body.empty() && from.records.header().type == record_type::heartbeat)
        return on_heartbeat(sender, piece.body, listener);
    consumed_ += piece.taken;
    if (piece.header)
        on_record(sender, listener);
}

void TlsParser::on_record(Side sender, TransactionListener& listener) {
    Direction& from = direction(sender);
    const RecordHeader& header = from.records.header();
    if (header.type < record_type::change_cipher_spec || header.type > record_type::heartbeat)
        return fail(sender, TlsEvent::invalid_record_type, listener);
    if (header.version >> 8 != 3)
        report(sender, TlsEvent::invalid_record_version, listener);
    if (header.length > max_record_size)
        report(sender, TlsEvent::invalid_record_length, listener);
    from.heartbeat_size = 0;
    if (header.type == record_type::application_data)
        note_application_data(sender);
    if (header.type == record_type::change_cipher_spec || header.type == record_type::application_data)
        on_encryption(sender, header.type == record_type::application_data, listener);
}

/// A server that has asked for another hello goes on in the clear, and so does the client it asks. Before
/// any hello nothing can be encrypted: what looks like it is skipped.
void TlsParser::on_encryption(Side sender, bool application_data, TransactionListener& listener) {
    const auto& hello = transaction_.hello(sender);
    if (sender == Side::server) {
        if (hello && hello->retry && !application_data)
            return;
        return end(sender, listener);
    }
    if (!hello)
        return;
    if (settled() || !offers_tls13(*hello))
        return end(sender, listener);
    direction(sender).encrypted_early = true;
}

void TlsParser::on_handshake(Side sender, Bytes body, TransactionListener& listener) {
    Direction& from = direction(sender);
    while (outcome_ == Outcome::going && !from.over) {
        const MessageReader::Step step = from.messages.take(body);
        consumed_ += step.taken;
        body = body.subspan(step.taken);
        switch (step.state) {
        case MessageReader::State::partial:
            return;
        case MessageReader::State::begun:
            on_message_begun(sender, listener);
            continue; // it may be complete already, being empty
        case MessageReader::State::complete:
            on_message(sender, listener);
            break;
        case MessageReader::State::too_long:
            return fail(sender, TlsEvent::handshake_invalid_length, listener);
        }
        if (body.empty())
            return;
    }
    consumed_ += body.size();
}

/// A direction behind its handshake: no more than its records.
void TlsParser::watch(Side sender, Bytes rest) {
    Direction& from = direction(sender);
    const RecordReader::Piece piece = from.records.take(rest);
    consumed_ += piece.taken;
    if (!piece.header)
        return;
    const RecordHeader& header = from.records.header();
    from.odd = from.odd || header.type < record_type::change_cipher_spec ||
               header.type > record_type::heartbeat || header.version >> 8 != 3 ||
               header.length > max_record_size;
    if (header.type == record_type::application_data)
        note_application_data(sender);
    if (outcome_ == Outcome::watching)
        outcome_ = outcome_behind_handshake();
}

/// Ahead of the server's choice it may be early data (RFC 8446, 2.3), which proves nothing.
void TlsParser::note_application_data(Side sender) {
    direction(sender).encrypts = direction(sender).encrypts || outcome_ == Outcome::watching || settled();
}

/// An end that has finished the handshake takes and says nothing in the clear any more, and sends
/// application data no earlier: in TLS 1.3 the rest of the handshake is among it.
AppParser::Outcome TlsParser::outcome_behind_handshake() {
    const auto& [client, server] = directions_;
    if (client.odd || server.odd || (outcome_ == Outcome::going && !settled()))
        return Outcome::over;
    return client.encrypts && server.encrypts ? Outcome::encrypted : Outcome::watching;
}

void TlsParser::on_message_begun(Side sender, TransactionListener& listener) {
    Direction& from = direction(sender);
    const std::uint8_t type = from.messages.type();
    if (from.encrypted_early && type != message_type::client_hello)
        return end(sender, listener);
    const std::uint8_t not_its_own =
        sender == Side::client ? message_type::server_hello : message_type::client_hello;
    if (!is_message_type(type) || type == not_its_own)
        report(sender, TlsEvent::invalid_handshake_message, listener);
}

void TlsParser::on_message(Side sender, TransactionListener& listener) {
    MessageReader& messages = direction(sender).messages;
    if (!messages.kept())
        return;
    if (messages.type() != message_type::certificate)
        return on_hello(sender, std::move(messages.body()), false, listener);
    report(sender, transaction_.set_certificates(sender, std::move(messages.body())), listener);
    if (transaction_.has_certificate(sender))
        reach(sender, Stage::body, listener);
}

void TlsParser::on_hello(Side sender, std::vector<std::uint8_t>&& message, bool sslv2_format,
                         TransactionListener& listener) {
    report(sender, transaction_.set_hello(sender, std::move(message), sslv2_format), listener);
    const auto& hello = transaction_.hello(sender);
    if (!hello) {
        outcome_ = Outcome::failed;
        return;
    }
    reach(sender, Stage::headers, listener);
    if (sender == Side::client || hello->retry)
        return;
    // From here on TLS 1.3 encrypts all that either end says. A client of older versions that has encrypted
    // already has nothing more to say in the clear either.
    const bool client_known = transaction_.hello(Side::client).has_value();
    const bool tls13 = is_tls13(hello->version);
    if (tls13)
        end(Side::server, listener);
    if ((tls13 && client_known) || direction(Side::client).encrypted_early)
        end(Side::client, listener);
}

void TlsParser::report(Side sender, TlsEvent event, TransactionListener& listener) {
    EventSet& reported = direction(sender).reported;
    if (reported.contains(event))
        return;
    reported.add(event);
    listener.on_event(&transaction_, sender, event_name(event));
}

void TlsParser::report(Side sender, const EventSet& events, TransactionListener& listener) {
    events.each([&](TlsEvent event) { report(sender, event, listener); });
}

void TlsParser::fail(Side sender, TlsEvent event, TransactionListener& listener) {
    report(sender, event, listener);
    outcome_ = Outcome::failed;
}

void TlsParser::reach(Side sender, Stage stage, TransactionListener& listener) {
    transaction_.reach(sender, stage);
    listener.on_stage(transaction_, sender, stage);
}

void TlsParser::end(Side side, TransactionListener& listener) {
    Direction& ended = direction(side);
    if (ended.over)
        return;
    ended.over = true;
    reach(side, Stage::complete, listener);
    if (!direction(other(side)).over)
        return;
    listener.on_end(transaction_);
    outcome_ = outcome_behind_handshake();
}

} // namespace nfsieve::tls
