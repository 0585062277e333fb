// SPDX-License-Identifier: GPL-2.0-or-later
// The parser's part that runs inside libhtp: what its hooks say becomes stages, bodies and events.
#include "events.h"
#include "framing.h"
#include "parser.h"

namespace nfsieve::http {

HttpTransaction* HttpParser::transaction(const htp_tx_t& tx) const {
    return static_cast<HttpTransaction*>(htp_tx_get_user_data(&tx));
}

void HttpParser::logged(std::string_view message) {
    const std::string_view name = event_of(message);
    if (name.empty() || listener_ == nullptr)
        return;
    const htp_tx_t* tx = current(running_);
    report(tx == nullptr ? nullptr : transaction(*tx), running_, name);
}

/// Never says no: libhtp would begin another request at the same byte, again and again. The next hook does.
int HttpParser::began(htp_tx_t& tx, bool asked) {
    half(asked ? Side::client : Side::server).head = 0;
    half(asked ? Side::client : Side::server).chunk = Chunk::length;
    if (HttpTransaction* its = transaction(tx)) {
        tx.is_protocol_0_9 = its->old() == HttpTransaction::Old::yes ? 1 : 0;
        return HTP_OK;
    }
    if (live_.size() == limits_.transactions) {
        fail();
        return HTP_OK;
    }
    live_.push_back(std::make_unique<HttpTransaction>(tx, next_id_++, asked));
    htp_tx_set_user_data(&tx, live_.back().get());
    ++since_restart_;
    return HTP_OK;
}

int HttpParser::request_line(htp_tx_t& tx) {
    HttpTransaction* its = transaction(tx);
    if (its == nullptr)
        return answer();
    advance(*its, Side::client, Stage::line);
    if (encoded_twice(tx))
        report(its, Side::client, "http.double_encoded_uri");
    if (tx.is_protocol_0_9 != 0) {
        if (tx.request_method_number == HTP_M_UNKNOWN)
            report(its, Side::client, "http.request_line_invalid");
        its->set_old(HttpTransaction::Old::maybe);
        tx.is_protocol_0_9 = 0; // libhtp would take no header from here on
    }
    return answer();
}

int HttpParser::response_line(htp_tx_t& tx) {
    constexpr int interim = 100;
    HttpTransaction* its = transaction(tx);
    if (its == nullptr)
        return answer();
    its->restart_response();
    const unsigned continues = its->continues();
    its->begin_response_headers();
    if (continues > 0 && its->continues() > continues)
        report(its, Side::server, "http.100_continue_already_seen");
    last_body_.reset();
    half(Side::server).head = 0;
    if (tx.response_status_number != interim)
        advance(*its, Side::server, Stage::line);
    return answer();
}

int HttpParser::raw_headers(const htp_tx_data_t& data, Side sender) {
    HttpTransaction* its = transaction(*data.tx);
    if (its == nullptr || data.len == 0)
        return answer();
    if (sender == Side::client)
        its->set_old(HttpTransaction::Old::no);
    its->add_raw_headers(sender, {reinterpret_cast<const char*>(data.data), data.len});
    return answer();
}

int HttpParser::headers(htp_tx_t& tx, Side sender) {
    constexpr int switching = 101;
    HttpTransaction* its = transaction(tx);
    if (its == nullptr)
        return answer();
    if (sender == Side::server)
        its->end_response_headers();
    advance(*its, sender, Stage::headers);
    half(sender).chunk = Chunk::length;
    half(sender).head = 0;
    if (sender == Side::client) {
        for (const std::string_view name : request_events(tx))
            report(its, sender, name);
        if (request_end_is_ambiguous(tx, its->raw_headers(sender)))
            listener_->on_ambiguous_end(sender);
        half(sender).waits = tx.request_method_number == HTP_M_CONNECT;
    } else if (tx.response_status_number == switching ||
               (tx.request_method_number == HTP_M_CONNECT && tx.response_status_number / 100 == 2)) {
        for (const auto& each : live_)
            for (const Side side : {Side::client, Side::server})
                end(*each, side);
        outcome_ = outcome_ == Outcome::failed              ? Outcome::failed
                   : tx.response_status_number == switching ? Outcome::over
                                                            : Outcome::tunnel;
        return HTP_STOP;
    } else if (response_end_is_ambiguous(tx, its->raw_headers(sender))) {
        listener_->on_ambiguous_end(sender);
    }
    return answer();
}

int HttpParser::trailer(htp_tx_t& tx, Side sender) {
    if (HttpTransaction* its = transaction(tx))
        its->forget_built(sender);
    return answer();
}

void HttpParser::begin_body(HttpTransaction& its, Side sender) {
    // What follows a response and is none belongs to its body for receivers that do not believe its length.
    const htp_tx_t& tx = its.tx();
    if (sender == Side::server && tx.response_line == nullptr && its.old() != HttpTransaction::Old::yes &&
        last_body_) {
        last_body_->reopen();
        its.set_body(sender, std::move(last_body_));
        advance(its, sender, Stage::body);
        return;
    }
    its.set_body(sender, std::make_unique<Body>(limits_.body_window,
                                                Decoder::Limits{limits_.expansion, limits_.layers}));
    Body& body = *its.body(sender);
    const std::string encoding = its.header(sender, "content-encoding");
    if (!encoding.empty()) {
        const Decoder::Trouble trouble = body.decode(encoding);
        if (trouble.abnormal || trouble.unreadable)
            report(&its, sender, "http.abnormal_ce_header");
        if (trouble.many_layers || trouble.too_many_layers)
            report(&its, sender, "http.too_many_encoding_layers");
        if (trouble.too_many_layers || trouble.unreadable) {
            fail();
            return;
        }
    }
    if (sender == Side::client)
        if (const auto boundary = multipart_boundary(its.header(sender, "content-type")))
            body.take_files(*boundary);
    advance(its, sender, Stage::body);
}

Body::Growth HttpParser::growth(HttpTransaction& its, Side sender) {
    return [this, &its, sender](std::size_t fresh) { listener_->on_body(its, sender, fresh); };
}

int HttpParser::body(const htp_tx_data_t& data, Side sender) {
    HttpTransaction* its = transaction(*data.tx);
    if (its == nullptr || data.len == 0 || outcome_ == Outcome::failed)
        return answer();
    if (its->body(sender) == nullptr)
        begin_body(*its, sender);
    if (outcome_ == Outcome::failed)
        return HTP_ERROR;
    if (running_ == feeding_ && data.data >= piece_.data() && data.data < piece_.data() + piece_.size()) {
        const auto behind = static_cast<std::size_t>(piece_.data() + piece_.size() - (data.data + data.len));
        given_ = std::max(given_, piece_end_ - std::min(piece_end_, behind));
    }
    Body& body = *its->body(sender);
    const bool had_failed = body.decoder().failed();
    const bool fine = body.put({data.data, data.len}, growth(*its, sender));
    if (!had_failed && body.decoder().failed())
        report(its, sender, "http.gzip_decompression_failed");
    if (fine)
        return answer();
    report(its, sender, "http.compression_bomb");
    return fail();
}

int HttpParser::completed(htp_tx_t& tx, Side sender) {
    if (HttpTransaction* its = transaction(tx)) {
        end(*its, sender);
        if (sender == Side::server && (!its->asked() || tx.request_method_number == HTP_M_CONNECT))
            end(*its, Side::client);
        if (half(other(sender)).muted)
            end_unheard(*its, other(sender));
    }
    return answer();
}

/// Tells of each stage up to `reached`: a message without headers has them behind it all the same.
void HttpParser::advance(HttpTransaction& its, Side sender, Stage reached) {
    if (running_ == feeding_ && reached != Stage::body)
        given_ = std::max(given_, piece_end_);
    while (its.stage(sender) < reached) {
        const auto stage = static_cast<Stage>(static_cast<std::uint8_t>(its.stage(sender)) + 1);
        its.set_stage(sender, stage);
        if (its.asked() || sender == Side::server)
            listener_->on_stage(its, sender, stage);
    }
}

void HttpParser::end(HttpTransaction& its, Side sender) {
    if (its.stage(sender) == Stage::complete)
        return;
    if (Body* body = its.body(sender)) {
        if (!body->end(growth(its, sender))) {
            report(&its, sender, "http.compression_bomb");
            fail();
            return;
        }
    }
    advance(its, sender, Stage::complete);
    if (!its.ended())
        return;
    listener_->on_end(its);
    // libhtp may hold on to it until the next begins.
    for (const Side side : {Side::client, Side::server})
        if (Body* body = its.body(side))
            body->rest();
}

/// The same without a word to the listener about what `sender` said.
void HttpParser::end_unheard(HttpTransaction& its, Side sender) {
    if (its.stage(sender) == Stage::complete)
        return;
    its.set_body(sender, nullptr);
    its.set_stage(sender, Stage::complete);
    if (its.ended())
        listener_->on_end(its);
}

void HttpParser::flush_bodies() {
    for (const auto& its : live_)
        for (const Side side : {Side::client, Side::server})
            if (Body* body = its->body(side))
                body->flush(growth(*its, side));
}

} // namespace nfsieve::http
