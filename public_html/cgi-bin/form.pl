#!/usr/bin/perl
# Reads a form, from the query or the body, and shows its fields. It uses nothing but Perl itself.
use strict;
use warnings;

my $sent = $ENV{QUERY_STRING} // '';
if (($ENV{REQUEST_METHOD} // 'GET') eq 'POST') {
    read(STDIN, $sent, $ENV{CONTENT_LENGTH} // 0);
}

sub plain {
    my $text = shift // '';
    $text =~ tr/+/ /;
    $text =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
    return $text;
}

print "Content-Type: text/plain; charset=utf-8\n\n";
for my $pair (grep { length } split /[&;]/, $sent) {
    my ($name, $value) = map { plain($_) } split /=/, $pair, 2;
    printf "%s = %s\n", $name, $value // '';
}
