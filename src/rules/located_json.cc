// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/located_json.h"

#include "complaints.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_map>

namespace nfsieve {
namespace {

constexpr std::size_t max_depth = 64;
constexpr std::size_t max_values = 4'000'000; ///< bounds the memory that a hostile file can cost

/// An input iterator that tells how far the parser has read. nlohmann's lexer takes one character at a time
/// and calls the SAX handler before it looks for the next token, which is what makes places possible.
class CountingIterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    CountingIterator(const char* at, std::size_t* consumed) : at_(at), consumed_(consumed) {}

    reference operator*() const { return *at_; }
    CountingIterator& operator++() {
        ++at_;
        ++*consumed_;
        return *this;
    }
    CountingIterator operator++(int) {
        CountingIterator old = *this;
        ++*this;
        return old;
    }
    bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
    bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

private:
    const char* at_;
    std::size_t* consumed_;
};

struct Spot {
    std::uint32_t line = 1, column = 1;
};

/// Offsets to lines and columns (both from 1, columns in characters of UTF-8), in one forward pass.
class Cursor {
public:
    explicit Cursor(std::string_view text) : text_(text) {}

    Spot at(std::size_t offset) {
        for (; offset_ < offset; ++offset_) {
            const auto byte = static_cast<unsigned char>(text_[offset_]);
            if (byte == '\n') {
                ++spot_.line;
                spot_.column = 1;
            } else if ((byte & 0xc0) != 0x80) {
                ++spot_.column;
            }
        }
        return spot_;
    }

private:
    std::string_view text_;
    std::size_t offset_ = 0;
    Spot spot_;
};

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string spot_words(const Spot& spot) {
    return "line " + std::to_string(spot.line) + ", column " + std::to_string(spot.column);
}

class Handler {
public:
    Handler(std::string_view text, std::string file, ParsedJson& out)
        : text_(text), file_(std::move(file)), out_(out), cursor_(text) {
        if (text_.substr(0, 3) == "\xef\xbb\xbf") // the parser skips a byte order mark
            end_ = 3;
    }

    std::size_t* consumed() { return &consumed_; }

    // The SAX interface of nlohmann/json; false ends parsing.
    bool null() { return scalar(LocatedJson::Type::null) != nullptr; }
    bool boolean(bool value) {
        LocatedJson* json = scalar(LocatedJson::Type::boolean);
        return json != nullptr && (json->boolean = value, true);
    }
    bool number_integer(std::int64_t value) {
        LocatedJson* json = number(LocatedJson::Type::integer);
        return json != nullptr && (json->integer = value, json->number = static_cast<double>(value), true);
    }
    bool number_unsigned(std::uint64_t value) {
        if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return number_float(static_cast<double>(value), {});
        return number_integer(static_cast<std::int64_t>(value));
    }
    bool number_float(double value, const std::string&) {
        LocatedJson* json = number(LocatedJson::Type::number);
        return json != nullptr && (json->number = value, true);
    }
    bool string(std::string& value) {
        LocatedJson* json = scalar(LocatedJson::Type::string);
        return json != nullptr && (json->string = std::move(value), true);
    }
    bool binary(std::vector<std::uint8_t>&) { return false; } // not in JSON text
    bool start_object(std::size_t) { return open(LocatedJson::Type::object); }
    bool start_array(std::size_t) { return open(LocatedJson::Type::array); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }

    bool key(std::string& name) {
        const Spot spot = cursor_.at(token_start());
        end_ = consumed_;
        Open& object = open_.back();
        const auto [first, fresh] = object.keys.emplace(name, spot);
        if (!fresh)
            complain(spot, "the key " + in_quotes(name) + " stands twice in this object; the first is at " +
                               spot_words(first->second) + "; keep one of them");
        object.json->members.push_back({std::move(name), spot.line, spot.column, {}});
        return true;
    }

    bool parse_error(std::size_t position, const std::string& /*last_token*/,
                     const nlohmann::json::exception& exception) {
        syntax_error(std::min(position, text_.size()), exception.what());
        return false;
    }

private:
    struct Open {
        LocatedJson* json; ///< stays put while it is open: only the innermost container grows
        std::unordered_map<std::string, Spot> keys;
    };

    void complain(const Spot& spot, std::string message) {
        out_.errors.push_back({{file_, spot.line, spot.column}, "", std::move(message)});
    }

    /// Where the token that was just read begins: behind the last one and what separates the two.
    std::size_t token_start() const {
        std::size_t at = end_;
        while (at < text_.size() && (is_space(text_[at]) || text_[at] == ',' || text_[at] == ':'))
            ++at;
        return at;
    }

    LocatedJson* add(LocatedJson::Type type) {
        const Spot spot = cursor_.at(token_start());
        if (++values_ > max_values) {
            complain(spot, "the file has more than " + std::to_string(max_values) +
                               " values; split it into several files");
            return nullptr;
        }
        LocatedJson* json = &out_.root;
        if (!open_.empty()) {
            LocatedJson& parent = *open_.back().json;
            json = parent.type == LocatedJson::Type::array ? &parent.items.emplace_back()
                                                           : &parent.members.back().value;
        }
        json->type = type;
        json->line = spot.line;
        json->column = spot.column;
        return json;
    }

    LocatedJson* scalar(LocatedJson::Type type) {
        LocatedJson* json = add(type);
        end_ = consumed_;
        return json;
    }

    LocatedJson* number(LocatedJson::Type type) {
        // The lexer has read one character more than the number has.
        std::size_t end = token_start();
        while (end < text_.size() && std::string_view("+-.0123456789eE").find(text_[end]) != text_.npos)
            ++end;
        LocatedJson* json = add(type);
        end_ = end;
        return json;
    }

    bool open(LocatedJson::Type type) {
        LocatedJson* json = add(type);
        if (json == nullptr)
            return false;
        end_ = consumed_;
        if (open_.size() == max_depth) {
            complain({json->line, json->column},
                     "nested more than " + std::to_string(max_depth) + " levels deep");
            return false;
        }
        open_.push_back({json, {}});
        return true;
    }

    bool close() {
        end_ = consumed_;
        open_.pop_back();
        return true;
    }

    /// `position` is the end of what the lexer could not take or the parser did not expect.
    void syntax_error(std::size_t position, std::string_view what) {
        const bool ended = what.find("unexpected end of input") != what.npos;
        const bool unclosed = what.find("missing closing quote") != what.npos;
        const bool in_token = !unclosed && what.find("invalid") != what.npos;
        const std::size_t last = position - std::min<std::size_t>(position, 1);
        std::size_t at = last;
        if (ended)
            at = text_.size();
        else if (!in_token && (unclosed || std::string_view("[]{},:").find(text_[last]) == what.npos))
            at = token_start();
        complain(Cursor(text_).at(at), "not JSON: " + explanation(at, ended, unclosed, what));
    }

    std::string explanation(std::size_t at, bool ended, bool unclosed, std::string_view what) const {
        if (ended && open_.empty())
            return "the text is empty; a value was expected";
        if (ended) {
            const LocatedJson& inner = *open_.back().json;
            const bool array = inner.type == LocatedJson::Type::array;
            return std::string("the text ends before the ") + (array ? "array" : "object") + " opened at " +
                   spot_words({inner.line, inner.column}) + " is closed; add the missing \"" +
                   (array ? "]" : "}") + "\"";
        }
        if (unclosed)
            return "this string has no closing quote";
        const char here = at < text_.size() ? text_[at] : '\0';
        if (here == '/' || here == '#' || (at > 0 && text_[at - 1] == '/'))
            return "comments are not allowed; use a \"comment\" key";
        if (here == '\'')
            return "strings stand in double quotes";
        if (here == ']' || here == '}') {
            std::size_t before = at;
            while (before > 0 && is_space(text_[before - 1]))
                --before;
            if (before > 0 && text_[before - 1] == ',')
                return "the comma before this bracket is one too many; remove it";
        }
        return library_words(what);
    }

    /// "[json.exception.parse_error.101] parse error at line 1, column 2: words" -> "words".
    static std::string library_words(std::string_view what) {
        const auto place = what.find("column ");
        const auto colon = what.find(": ", place == what.npos ? 0 : place);
        if (colon != what.npos)
            what.remove_prefix(colon + 2);
        std::string words(what.substr(0, 400));
        // It quotes what it read; control characters and half characters are not for a terminal.
        for (char& c : words)
            if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e)
                c = '?';
        return words;
    }

    std::string_view text_;
    std::string file_;
    ParsedJson& out_;
    Cursor cursor_;
    std::size_t consumed_ = 0; ///< characters the lexer has taken
    std::size_t end_ = 0;      ///< end of the last token handled
    std::size_t values_ = 0;
    std::vector<Open> open_;
};

} // namespace

const LocatedJson* LocatedJson::find(std::string_view key) const {
    const auto member =
        std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.key == key; });
    return member == members.end() ? nullptr : &member->value;
}

const char* type_name(LocatedJson::Type type) {
    switch (type) {
    case LocatedJson::Type::null:
        return "null";
    case LocatedJson::Type::boolean:
        return "true or false";
    case LocatedJson::Type::integer:
        return "an integer";
    case LocatedJson::Type::number:
        return "a number";
    case LocatedJson::Type::string:
        return "a string";
    case LocatedJson::Type::array:
        return "an array";
    case LocatedJson::Type::object:
        return "an object";
    }
    return "a value";
}

ParsedJson parse_located_json(std::string_view text, const std::string& file) {
    ParsedJson parsed;
    Handler handler(text, file, parsed);
    const CountingIterator first(text.data(), handler.consumed());
    const CountingIterator last(text.data() + text.size(), handler.consumed());
    parsed.complete = nlohmann::json::sax_parse(first, last, &handler);
    return parsed;
}

} // namespace nfsieve
