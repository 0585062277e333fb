// SPDX-License-Identifier: GPL-2.0-or-later
#include "parser.h"

#include "cutter.h"

#include <algorithm>
#include <cstdlib>

namespace nfsieve::http {
namespace {

constexpr std::size_t connection_memory = 1024;  ///< libhtp's own, measured with 0.5.42
constexpr std::size_t transaction_memory = 4096; ///< libhtp's own, empty
constexpr std::size_t restart_after = 256;       ///< transactions

} // namespace

HttpParser::HttpParser(const AppParserLimits& limits, htp_cfg_t* config) : limits_(limits), config_(config) {
    if (config_ != nullptr)
        connection_ = open_connection(*config_, *this);
    if (!connection_)
        outcome_ = Outcome::failed;
}

AppParser::Outcome HttpParser::feed(Side sender, Bytes bytes, TransactionListener& listener) {
    fed_ = given_ = 0;
    if (outcome_ != Outcome::going || bytes.empty())
        return outcome_;
    listener_ = &listener;
    feeding_ = sender;
    fed_ = bytes.size();
    take(sender, bytes);
    given_ = fed_;
    resume(other(sender));
    resume(sender);
    flush_bodies();
    restart_when_idle();
    listener_ = nullptr;
    return outcome_;
}

AppParser::Outcome HttpParser::finish(Side sender, TransactionListener& listener) {
    if (outcome_ != Outcome::going || half(sender).closed)
        return outcome_;
    listener_ = &listener;
    feeding_ = sender;
    fed_ = given_ = 0;
    close(sender);
    half(sender).closed = true;
    if (outcome_ == Outcome::going)
        end_all(sender);
    settle();
    listener_ = nullptr;
    return outcome_;
}

void HttpParser::mute(Side sender, TransactionListener& listener) {
    Half& its = half(sender);
    its.muted = true;
    its.pending = {};
    listener_ = &listener;
    for (const auto& transaction : live_)
        end_unheard(*transaction, sender);
    settle();
    listener_ = nullptr;
}

std::vector<std::uint8_t> HttpParser::take_rest(Side sender) {
    const std::string rest = std::move(half(sender).pending);
    half(sender).pending.clear();
    return {rest.begin(), rest.end()};
}

std::size_t HttpParser::consumed() const {
    return std::min(given_, fed_);
}

std::size_t HttpParser::memory() const {
    std::size_t sum = sizeof(*this) + connection_memory + halves_[0].pending.capacity() +
                      halves_[1].pending.capacity() + since_restart_ * 2 * sizeof(void*);
    if (last_body_)
        sum += last_body_->memory();
    for (const auto& transaction : live_)
        sum += transaction_memory + transaction->memory();
    return sum;
}

htp_tx_t* HttpParser::current(Side sender) const {
    return sender == Side::client ? htp_connp_get_in_tx(connection_.get())
                                  : htp_connp_get_out_tx(connection_.get());
}

HttpTransaction* HttpParser::unanswered() const {
    const auto found = std::find_if(live_.begin(), live_.end(), [](const auto& transaction) {
        return transaction->tx().response_progress == HTP_RESPONSE_NOT_STARTED;
    });
    return found == live_.end() ? nullptr : found->get();
}

HttpParser::Next HttpParser::next(Side sender) const {
    constexpr std::array<Next, 3> of_chunk = {Next::chunk_length, Next::content, Next::chunk_end};
    const htp_tx_t* tx = current(sender);
    const auto chunk = static_cast<std::size_t>(halves_[index(sender)].chunk);
    if (sender == Side::client) {
        if (ignores_rest_)
            return Next::rest;
        if (tx == nullptr)
            return Next::line;
        switch (tx->request_progress) {
        case HTP_REQUEST_HEADERS:
        case HTP_REQUEST_TRAILER:
            // Behind the headers of a CONNECT follows a new request, if anything.
            return transaction(*tx) != nullptr && transaction(*tx)->stage(Side::client) >= Stage::headers &&
                           tx->request_progress == HTP_REQUEST_HEADERS
                       ? Next::line
                       : Next::headers;
        case HTP_REQUEST_BODY:
            return tx->request_transfer_coding == HTP_CODING_CHUNKED ? of_chunk[chunk] : Next::content;
        default:
            return Next::line;
        }
    }
    if (tx == nullptr) {
        const HttpTransaction* asked = unanswered();
        const bool old = asked != nullptr && asked->old() == HttpTransaction::Old::maybe;
        return old && halves_[0].pending.empty() ? Next::old_answer : Next::status_line;
    }
    switch (tx->response_progress) {
    case HTP_RESPONSE_HEADERS:
    case HTP_RESPONSE_TRAILER:
        return Next::headers;
    case HTP_RESPONSE_BODY:
        if (tx->response_transfer_coding == HTP_CODING_CHUNKED)
            return of_chunk[chunk];
        return tx->response_content_length >= 0 ? Next::content : Next::rest;
    default:
        return Next::status_line;
    }
}

std::uint64_t HttpParser::content_left(Side sender) const {
    const htp_tx_t* tx = current(sender);
    const bool client = sender == Side::client;
    const bool chunked =
        (client ? tx->request_transfer_coding : tx->response_transfer_coding) == HTP_CODING_CHUNKED;
    if (chunked)
        return halves_[index(sender)].chunk_left;
    const std::int64_t left = client ? tx->request_content_length - tx->request_message_len
                                     : tx->response_content_length - tx->response_message_len;
    return left > 0 ? static_cast<std::uint64_t>(left) : 1;
}

std::size_t HttpParser::cut(Side sender, Next what, std::string_view pending) const {
    switch (what) {
    case Next::line:
    case Next::chunk_end:
        return cut_line(pending);
    case Next::status_line:
        return cut_status_line(pending);
    case Next::old_answer:
        return cut_old_answer(pending);
    case Next::headers:
        return cut_headers(pending);
    case Next::chunk_length:
        return cut_chunk_length(pending, sender == Side::server);
    case Next::content:
        return static_cast<std::size_t>(std::min<std::uint64_t>(content_left(sender), pending.size()));
    case Next::rest:
        return pending.size();
    }
    return 0;
}

/// Cuts new bytes. They are copied only where a piece is not whole yet.
void HttpParser::take(Side sender, Bytes bytes) {
    Half& its = half(sender);
    if (!its.pending.empty() || its.waits) {
        its.pending += as_text(bytes);
        if (!its.waits)
            return take_pending(sender);
        return check_pending(sender);
    }
    std::size_t at = 0;
    while (outcome_ == Outcome::going && !its.waits && at < bytes.size()) {
        if (sender == Side::server)
            complete_request_line();
        const Next what = next(sender);
        const Bytes left = bytes.subspan(at);
        const std::size_t size = cut(sender, what, as_text(left));
        if (size == 0)
            break;
        piece_end_ = at + size;
        const bool goes_on = give(sender, what, left.first(size));
        at += std::min(read_, size);
        if (!goes_on)
            break;
        resume(other(sender));
    }
    if (keeps_rest() && at < bytes.size())
        its.pending += as_text(bytes.subspan(at));
    check_pending(sender);
}

/// Cuts what was kept.
void HttpParser::take_pending(Side sender) {
    Half& its = half(sender);
    const std::string bytes = std::move(its.pending);
    its.pending.clear();
    const std::size_t kept = bytes.size() > fed_ ? bytes.size() - fed_ : 0;
    std::size_t at = 0;
    while (outcome_ == Outcome::going && !its.waits && at < bytes.size()) {
        if (sender == Side::server)
            complete_request_line();
        const Next what = next(sender);
        const auto left = std::string_view(bytes).substr(at);
        const std::size_t size = cut(sender, what, left);
        if (size == 0)
            break;
        piece_end_ = sender != feeding_ ? given_ : at + size > kept ? at + size - kept : 0;
        const bool goes_on = give(sender, what, as_bytes(left.substr(0, size)));
        at += std::min(read_, size);
        if (!goes_on)
            break;
        resume(other(sender));
    }
    if (keeps_rest())
        its.pending += bytes.substr(std::min(at, bytes.size()));
    check_pending(sender);
}

void HttpParser::check_pending(Side sender) {
    if (outcome_ == Outcome::going && half(sender).pending.size() > limits_.header_size)
        fail_too_long(sender);
}

/// Goes on with a direction that had to wait for the other: a client that asked for a tunnel, for the answer.
/// Whether it gets one is not known where nobody hears the answer.
void HttpParser::resume(Side sender) {
    Half& its = half(sender);
    if (outcome_ != Outcome::going || !its.waits)
        return;
    if (half(other(sender)).muted) {
        fail();
        return;
    }
    const htp_tx_t* tx = current(sender);
    if (sender == Side::client && tx != nullptr && tx->response_progress != HTP_RESPONSE_COMPLETE)
        return;
    its.waits = false;
    if (!its.pending.empty())
        take_pending(sender);
}

/// An answer that comes before the request's line has ended is that request's.
void HttpParser::complete_request_line() {
    Half& client = half(Side::client);
    if (client.pending.empty() || client.waits || next(Side::client) != Next::line ||
        unanswered() != nullptr || current(Side::server) != nullptr || current(Side::client) != nullptr)
        return;
    const std::string line = std::move(client.pending);
    client.pending.clear();
    piece_end_ = 0;
    give(Side::client, Next::line, as_bytes(line));
}

/// Hands one piece to libhtp, and says in read_ how much of it is done with. False: that is where to stop.
bool HttpParser::give(Side sender, Next what, Bytes piece) {
    Half& its = half(sender);
    read_ = piece.size();
    if (what != Next::content && what != Next::rest) {
        its.head += piece.size();
        if (its.head > limits_.header_size) {
            fail_too_long(sender);
            return false;
        }
    }
    std::string changed;
    if (what == Next::headers && sender == Side::server && ends_with_blank_line(as_text(piece))) {
        changed = as_text(piece.first(piece.size() - 2));
        changed += '\n';
        piece = as_bytes(changed);
    }
    if (what == Next::headers && sender == Side::server && masks_headers()) {
        changed = without_names(as_text(piece));
        piece = as_bytes(changed);
    }
    if (ignores_rest_ && sender == Side::client) {
        given_ = std::max(given_, piece_end_);
        return true;
    }
    running_ = sender;
    piece_ = piece;
    if (what == Next::old_answer)
        decide_old(piece);
    const htp_time_t epoch{};
    const bool client = sender == Side::client;
    htp_connp_t* connection = connection_.get();
    const int state = client ? htp_connp_req_data(connection, &epoch, piece.data(), piece.size())
                             : htp_connp_res_data(connection, &epoch, piece.data(), piece.size());
    const std::size_t read =
        client ? htp_connp_req_data_consumed(connection) : htp_connp_res_data_consumed(connection);
    forget_log();
    piece_ = {};
    if (state == HTP_STREAM_DATA_OTHER) {
        its.waits = true;
        read_ = read;
        settle();
        return false;
    }
    given_ = std::max(given_, piece_end_);
    if (state == HTP_STREAM_TUNNEL && outcome_ == Outcome::going)
        end_before_tunnel();
    if ((state == HTP_STREAM_ERROR || state == HTP_STREAM_STOP) && outcome_ == Outcome::going)
        fail();
    if (outcome_ == Outcome::going)
        note_chunk(sender, what, as_text(piece));
    settle();
    return outcome_ == Outcome::going;
}

bool HttpParser::masks_headers() const {
    const htp_tx_t* tx = current(Side::server);
    return tx != nullptr && transaction(*tx) != nullptr && transaction(*tx)->masks_headers();
}

/// The protocol has been switched: the transaction that asked for it is the last.
void HttpParser::end_before_tunnel() {
    const htp_tx_t* tx = current(Side::server);
    HttpTransaction* last = tx == nullptr ? nullptr : transaction(*tx);
    for (const Side side : {Side::client, Side::server})
        if (last != nullptr && outcome_ == Outcome::going)
            end(*last, side);
    if (outcome_ == Outcome::going)
        outcome_ = Outcome::over;
}

/// Whether what is answered here is an HTTP/0.9 request. If so, the client has nothing more to say.
void HttpParser::decide_old(Bytes answer) {
    HttpTransaction& asked = *unanswered();
    const bool old = !as_text(answer).starts_with("HTTP/");
    asked.set_old(old ? HttpTransaction::Old::yes : HttpTransaction::Old::no);
    if (!old)
        return;
    end(asked, Side::client);
    ignores_rest_ = true;
}

void HttpParser::note_chunk(Side sender, Next what, std::string_view piece) {
    Half& its = half(sender);
    if (what == Next::chunk_length) {
        its.chunk_left = chunk_length(piece).value_or(0);
        its.chunk = its.chunk_left > 0 ? Chunk::content : Chunk::length;
        its.head = 0;
    } else if (what == Next::content && its.chunk == Chunk::content) {
        its.chunk_left -= std::min<std::uint64_t>(its.chunk_left, piece.size());
        if (its.chunk_left == 0)
            its.chunk = Chunk::end;
    } else if (what == Next::chunk_end) {
        its.chunk = Chunk::length;
    }
}

/// What libhtp logs is reported at once and kept nowhere.
void HttpParser::forget_log() {
    htp_list_t* messages = htp_connp_get_connection(connection_.get())->messages;
    while (auto* log = static_cast<htp_log_t*>(htp_list_pop(messages))) {
        std::free(const_cast<char*>(log->msg));
        std::free(log);
    }
}

void HttpParser::close(Side sender) {
    Half& its = half(sender);
    if (!its.pending.empty() && !its.waits) {
        const std::string last = std::move(its.pending);
        its.pending.clear();
        if (!give(sender, Next::rest, as_bytes(last)))
            return;
    }
    running_ = sender;
    const htp_time_t epoch{};
    if (sender == Side::client)
        htp_connp_req_close(connection_.get(), &epoch);
    else
        htp_connp_close(connection_.get(), &epoch);
    forget_log();
    settle();
}

/// `sender` will say nothing more: whatever it owed is as complete as it will be.
void HttpParser::end_all(Side sender) {
    for (std::size_t i = 0; i < live_.size() && outcome_ == Outcome::going; ++i)
        end(*live_[i], sender);
}

/// Forgets transactions that both ends have finished, where libhtp does not hold on to them.
void HttpParser::settle() {
    for (std::size_t i = 0; i < live_.size() && outcome_ != Outcome::failed;) {
        HttpTransaction& transaction = *live_[i];
        htp_tx_t& tx = transaction.tx();
        // libhtp would take what the client says next for the body of a request that was never seen.
        if (!transaction.asked() && current(Side::client) == &tx)
            htp_tx_state_request_complete(&tx);
        if (!transaction.ended()) {
            ++i;
            continue;
        }
        const bool held = current(Side::client) == &tx || current(Side::server) == &tx;
        if (held) {
            ++i;
            continue;
        }
        if (auto body = transaction.take_body(Side::server))
            last_body_ = std::move(body);
        tx.request_progress = HTP_REQUEST_COMPLETE;
        tx.response_progress = HTP_RESPONSE_COMPLETE;
        live_.erase(live_.begin() + static_cast<std::ptrdiff_t>(i));
        htp_tx_destroy(&tx);
    }
}

/// No transaction is under way but one whose sender is not heard any more.
bool HttpParser::is_idle() const {
    const auto rests = [&](Side side) {
        const Half& its = halves_[index(side)];
        return !its.waits && (its.muted || current(side) == nullptr);
    };
    return !ignores_rest_ && rests(Side::client) && rests(Side::server) &&
           std::all_of(live_.begin(), live_.end(), [](const auto& each) { return each->ended(); });
}

/// libhtp remembers a place for every transaction that there was.
void HttpParser::restart_when_idle() {
    if (outcome_ != Outcome::going || since_restart_ < restart_after || !is_idle())
        return;
    Connection fresh = open_connection(*config_, *this);
    if (!fresh)
        return;
    live_.clear();
    connection_ = std::move(fresh);
    since_restart_ = 0;
}

void HttpParser::fail_too_long(Side sender) {
    report(nullptr, sender,
           sender == Side::client ? "http.request_field_too_long" : "http.response_field_too_long");
    fail();
}

int HttpParser::fail() {
    outcome_ = Outcome::failed;
    return HTP_ERROR;
}

void HttpParser::report(HttpTransaction* transaction, Side sender, std::string_view name) {
    listener_->on_event(transaction, sender, name);
}

} // namespace nfsieve::http
