from polyphony import create_app

app = create_app()
